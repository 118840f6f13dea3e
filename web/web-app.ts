import { serveStatic } from '@hono/node-server/serve-static';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import { Hono } from 'hono';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import type { Logger } from '#telemetry/logger.ts';

export interface WebAppDeps {
  /** What `remix vite:build` made. */
  build: ServerBuild;
  /** Folder of the files for browsers, `web/build/client`. */
  clientFolder: string;
  apiUrl: string;
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
  const { build, clientFolder, apiUrl, log, stopping } = deps;
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
  app.all('*', (c) => handle(c.req.raw, { apiUrl, cspNonce: c.get('secureHeadersNonce') ?? '', log, stopping }));
  app.onError((error, c) => {
    log.error({ err: error, path: c.req.path }, 'request failed');
    return c.text('Something went wrong on our side. Please try again in a moment.', 500);
  });
  return app;
}
