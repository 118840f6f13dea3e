import { serveStatic } from '@hono/node-server/serve-static';
import { createRequestHandler, type ServerBuild } from '@remix-run/node';
import { Hono, type MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { NONCE, type SecureHeadersVariables, secureHeaders } from 'hono/secure-headers';
import { signClientAddress } from '#api/client-address.ts';
import type { Logger } from '#telemetry/logger.ts';
import { clientAddressOf } from './client-address.ts';
import { refuseUnreadable } from './refuse-unreadable.ts';
import type { WebSettings } from './settings.ts';

export interface WebAppDeps
  extends Pick<WebSettings, 'apiUrl' | 'webOrigin' | 'internalToken' | 'proxyHops' | 'providers'> {
  /** What `remix vite:build` made. */
  build: ServerBuild;
  /** Folder of the files for browsers, `web/build/client`. */
  clientFolder: string;
  log: Logger;
  /** Aborted when the process is asked to stop, so that streams end and nobody waits for them. */
  stopping: AbortSignal;
}

/** Another service that one can sign in with. */
export type SignInProvider = WebSettings['providers'][number];

declare module '@remix-run/node' {
  /** What the server hands to loaders and actions. */
  interface AppLoadContext {
    apiUrl: string;
    /** The client's address with our proof of it, for the API; `null` when there is none. */
    vouchedClient: string | null;
    providers: SignInProvider[];
    cspNonce: string;
    log: Logger;
    stopping: AbortSignal;
  }
}

/** More than any of our forms sends. */
const MAX_BODY_BYTES = 64 * 1024;
const TWO_YEARS_S = 2 * 365 * 86_400;

/**
 * The web server: files, health, headers, and Remix for the rest. Writes carry the browser's `origin` on to the API,
 * which refuses foreign ones; so the referrer policy must leave `origin` intact on form posts (`no-referrer` would not).
 */
export function createWebApp(deps: WebAppDeps) {
  const { build, clientFolder, apiUrl, webOrigin, internalToken, proxyHops, providers, log, stopping } = deps;
  const handle = createRequestHandler(build, 'production');
  const app = new Hono<{ Variables: SecureHeadersVariables }>();

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.use(
    secureHeaders({
      referrerPolicy: 'same-origin',
      strictTransportSecurity: webOrigin.startsWith('https:') ? `max-age=${TWO_YEARS_S}; includeSubDomains` : false,
      permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
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
  app.use(refuseUnreadable);
  app.get('/assets/*', keptFor('31536000, immutable'), compress(), serveStatic({ root: clientFolder }));
  app.get('/favicon.svg', keptFor('86400'), serveStatic({ root: clientFolder }));
  app.use(
    bodyLimit({ maxSize: MAX_BODY_BYTES, onError: (c) => c.text('That is more than any form here sends.', 413) }),
  );
  app.all('*', (c) => {
    const address = clientAddressOf(c, proxyHops);
    return handle(c.req.raw, {
      apiUrl,
      vouchedClient: address && signClientAddress(address, internalToken),
      providers,
      cspNonce: c.get('secureHeadersNonce') ?? '',
      log,
      stopping,
    });
  });
  app.onError((error, c) => {
    log.error({ err: error, path: c.req.path }, 'request failed');
    return c.text('Something went wrong on our side. Please try again in a moment.', 500);
  });
  return app;
}

/** Lets browsers keep a file that is there. `serveStatic` makes its answer before its `onFound` could say so. */
function keptFor(maxAge: string): MiddlewareHandler {
  return async (c, next) => {
    await next();
    if (c.res.ok) c.header('cache-control', `public, max-age=${maxAge}`);
  };
}
