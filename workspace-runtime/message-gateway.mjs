import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, request as httpRequest } from 'node:http';
import { jsonListener, MAX_BODY_BYTES, Problem, readJson } from './json-http.mjs';

/** Waiting for a turn and running together may take this much longer than one execution. */
const QUEUE_ALLOWANCE_MS = 5000;
/** How whoever sends a message may name its execution. */
const EXECUTION_ID = /^[\w-]{1,64}$/;

/**
 * The gateway's HTTP server.
 *
 * - `GET /health`: 200 when the plugin runtime answers too, else 503; says the process id and uptime
 * - `POST /messages` `{plugin, payload, executionId?}` with `Authorization: Bearer …` →
 *   `{plugin, result, durationMs, executionId}`; a refusal that has an `executionId` was carried out and failed
 *
 * Everything that is wrong with a message is answered as a problem in JSON: 400, 401, 404, 413, 415, 422, 503, 504.
 *
 * @param options.token bearer token; an empty one refuses every message
 * @param options.socketPath unix socket of the plugin runtime
 * @param options.timeoutMs limit of one execution; the gateway gives up 5 s after it
 */
export function createMessageGateway({ token, socketPath, timeoutMs, log }) {
  const expected = digest(token);

  async function handle(request) {
    const path = request.url.split('?', 1)[0];
    if (path === '/health') {
      allow(request, 'GET');
      return health(socketPath);
    }
    if (path === '/messages') {
      allow(request, 'POST');
      authenticate(request);
      return message(request);
    }
    throw new Problem(404, 'NOT_FOUND', 'There is nothing here. Send messages to POST /messages.');
  }

  function authenticate(request) {
    const [scheme = '', given = ''] = (request.headers.authorization ?? '').split(' ', 2);
    const matches = timingSafeEqual(digest(given), expected);
    if (token === '' || scheme.toLowerCase() !== 'bearer' || !matches) {
      throw new Problem(401, 'UNAUTHENTICATED', "The workspace's bearer token is missing or wrong.");
    }
  }

  async function message(request) {
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'Send a JSON body with content-type: application/json.');
    }
    const body = await readJson(request);
    if (body === null || typeof body !== 'object' || typeof body.plugin !== 'string') {
      throw new Problem(400, 'INVALID_MESSAGE', 'A message is {"plugin": "name", "payload": any JSON value}.');
    }
    const { plugin, payload = null, executionId } = body;
    if (executionId !== undefined && !EXECUTION_ID.test(executionId)) {
      throw new Problem(400, 'INVALID_MESSAGE', 'An executionId has 1 to 64 letters, digits, dashes and underscores.');
    }
    const execution = { plugin, payload, executionId };
    const answer = await callRuntime(socketPath, 'POST', '/executions', execution, timeoutMs + QUEUE_ALLOWANCE_MS);
    if (answer.status !== 200) {
      const { status, code, detail, type, title, ...extra } = answer.body;
      throw new Problem(answer.status, code ?? 'PLUGIN_RUNTIME_FAILED', detail ?? 'The plugin runtime failed.', extra);
    }
    return answer.body;
  }

  const server = createServer(jsonListener(handle, log));
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  server.maxConnections = 256;
  return server;
}

/** Whether the plugin runtime answers; the gateway does, or it could not ask. */
export async function isRuntimeUp(socketPath) {
  return health(socketPath).then(
    () => true,
    () => false,
  );
}

async function health(socketPath) {
  const about = { pid: process.pid, uptimeSeconds: Math.floor(process.uptime()) };
  try {
    const runtime = await callRuntime(socketPath, 'GET', '/health', undefined, 3000);
    return { status: 'ok', gatewayWorker: about, pluginRuntime: runtime.body };
  } catch {
    throw new Problem(503, 'PLUGIN_RUNTIME_UNAVAILABLE', 'The plugin runtime does not answer.', {
      gatewayWorker: about,
    });
  }
}

function callRuntime(socketPath, method, path, body, timeoutMs) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const call = httpRequest(
      {
        socketPath,
        method,
        path,
        // Each call on its own connection: a reused one may belong to a runtime that has just ended.
        agent: false,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      },
      async (response) => {
        try {
          resolve({ status: response.statusCode, body: await readJson(response) });
        } catch (error) {
          reject(broken(error));
        }
      },
    );
    call.on('error', (error) => reject(broken(error)));
    call.end(text);
  });
}

function broken(error) {
  if (error instanceof Problem)
    return new Problem(422, 'RESULT_TOO_LARGE', `A result may have ${MAX_BODY_BYTES} bytes at most.`);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') {
    return new Problem(504, 'PLUGIN_TIMEOUT', 'The plugin runtime did not answer in time.');
  }
  return new Problem(
    503,
    'PLUGIN_RUNTIME_UNAVAILABLE',
    'The plugin runtime is starting again. Send the message once more.',
  );
}

function digest(text) {
  return createHash('sha256').update(text).digest();
}

function allow(request, method) {
  if (request.method !== method) throw new Problem(405, 'METHOD_NOT_ALLOWED', `Use ${method} here.`);
}
