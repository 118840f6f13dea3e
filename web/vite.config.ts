import { vitePlugin as remix } from '@remix-run/dev';
import tailwindcss from '@tailwindcss/vite';
import { defineConfig } from 'vite';

declare module '@remix-run/node' {
  interface Future {
    v3_singleFetch: true;
  }
}

/**
 * A page comes in a handful of files, which one round over a browser's six connections brings: with dozens of small ones most would
 * wait in line, and a request in line is what a change of the network cuts off.
 */
function chunkOf(id: string): string | undefined {
  if (id.includes('/node_modules/')) return 'libraries';
  return /\/web\/app\/(?!routes\/|root\.tsx|entry\.)/.test(id) ? 'shared' : undefined;
}

/** Run from the root of the repository: `remix vite:build --config web/vite.config.ts`. */
export default defineConfig(({ isSsrBuild }) => ({
  ...(isSsrBuild ? {} : { build: { rollupOptions: { output: { manualChunks: chunkOf } } } }),
  publicDir: 'web/public',
  plugins: [
    tailwindcss(),
    remix({
      appDirectory: 'web/app',
      buildDirectory: 'web/build',
      ignoredRouteFiles: ['**/*.test.*'],
      future: {
        v3_fetcherPersist: true,
        v3_lazyRouteDiscovery: true,
        v3_relativeSplatPath: true,
        v3_routeConfig: true,
        v3_singleFetch: true,
        v3_throwAbortReason: true,
      },
    }),
  ],
}));
