import { getConnInfo } from '@hono/node-server/conninfo';
import { serveStatic } from '@hono/node-server/serve-static';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import { type Context, Hono } from 'hono';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import { CLIENT_ADDRESS_HEADER, signClientAddress } from '#api/client-address.ts';
import type { Logger } from '#telemetry/logger.ts';
import { clientAddressOf } from './client-address.ts';

export interface WebAppDeps {
  /** What `remix vite:build` made. */
  build: ServerBuild;
  /** Folder of the files for browsers, `web/build/client`. */
  clientFolder: string;
  apiUrl: string;
  /** Proves to the API that an address of a client comes from us. */
  internalToken?: string | undefined;
  /** Addresses of our own proxies. Default: none. */
  trustedProxies?: readonly string[] | undefined;
  log: Logger;
  /** Aborted when the process is asked to stop, so that streams end and nobody waits for them. */
  stopping: AbortSignal;
}

declare module '@remix-run/node' {
  /** What the server hands to loaders and actions. */
  interface AppLoadContext {
    apiUrl: string;
    cspNonce: string;
    log: Logger;
    stopping: AbortSignal;
  }
}

/**
 * The web server: files, health, headers, and Remix for the rest. Writes carry the browser's `origin` on to the API,
 * which refuses foreign ones; so the referrer policy must leave `origin` intact on form posts (`no-referrer` would not).
 */
export function createWebApp(deps: WebAppDeps) {
  const { build, clientFolder, apiUrl, internalToken, trustedProxies = [], log, stopping } = deps;
  const handle = createRequestHandler(build, 'production');
  const app = new Hono<{ Variables: SecureHeadersVariables }>();

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.use(
    secureHeaders({
      referrerPolicy: 'same-origin',
      contentSecurityPolicy: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'", NONCE],
        styleSrc: ["'self'"],
      },
    }),
  );
  app.get(
    '/assets/*',
    serveStatic({
      root: clientFolder,
      onFound: (_path, c) => c.header('cache-control', 'public, max-age=31536000, immutable'),
    }),
  );
  app.get(
    '/favicon.svg',
    serveStatic({ root: clientFolder, onFound: (_path, c) => c.header('cache-control', 'public, max-age=86400') }),
  );
  app.all('*', (c) => handle(vouched(c), { apiUrl, cspNonce: c.get('secureHeadersNonce') ?? '', log, stopping }));
  app.onError((error, c) => {
    log.error({ err: error, path: c.req.path }, 'request failed');
    return c.text('Something went wrong on our side. Please try again in a moment.', 500);
  });
  return app;

  /** The request with the client's address as we see it, for the API; what the client wrote in that place is dropped. */
  function vouched(c: Context): Request {
    const headers = new Headers(c.req.raw.headers);
    headers.delete(CLIENT_ADDRESS_HEADER);
    const peer = c.env?.incoming ? getConnInfo(c).remote.address : undefined;
    const address = clientAddressOf(peer, headers.get('x-forwarded-for'), trustedProxies);
    if (address && internalToken) headers.set(CLIENT_ADDRESS_HEADER, signClientAddress(address, internalToken));
    return new Request(c.req.raw, { headers });
  }
}
