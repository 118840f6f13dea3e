/** Largest body that is read or handed back, in bytes. */
export const MAX_BODY_BYTES = 1024 * 1024;

/** An answer other than success, as RFC 9457 problem details. */
export class Problem extends Error {
  constructor(status, code, detail, extra = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.extra = extra;
  }

  toJSON() {
    return {
      type: 'about:blank',
      title: this.code,
      status: this.status,
      detail: this.message,
      code: this.code,
      ...this.extra,
    };
  }
}

/** Reads a JSON body. Throws `Problem` 413 past `MAX_BODY_BYTES`, 400 for anything that is not JSON. */
export async function readJson(request) {
  const chunks = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new Problem(413, 'BODY_TOO_LARGE', `A body may have ${MAX_BODY_BYTES} bytes at most.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    throw new Problem(400, 'INVALID_JSON', 'The body is not valid JSON.');
  }
}

/**
 * A request listener that answers JSON whatever happens: `handle` returns the body of a 200 or throws a `Problem`;
 * any other error is a 500 that tells the client nothing and the log everything.
 */
export function jsonListener(handle, log) {
  return async (request, response) => {
    try {
      send(request, response, 200, 'application/json', await handle(request, response));
    } catch (error) {
      if (!(error instanceof Problem))
        log({ level: 'error', event: 'request-failed', error: String(error?.stack ?? error) });
      const problem =
        error instanceof Problem ? error : new Problem(500, 'INTERNAL', 'The message could not be handled.');
      send(request, response, problem.status, 'application/problem+json', problem);
    }
  };
}

function send(request, response, status, type, body) {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  // What was not read of a refused body would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close');
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
