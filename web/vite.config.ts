import { defineConfig } from 'vitest/config';
import react from '@vitejs/plugin-react';

/** Where `npm run dev` finds a server; its RELEASE_PUBLIC_URL must name the address Vite prints. */
const server = process.env['RELEASE_SERVER'] ?? 'http://127.0.0.1:8080';
const proxy = { '/api': { target: server, changeOrigin: false } };

export default defineConfig({
  plugins: [react()],
  // The server puts a fresh nonce in place of this in each index.html it sends.
  html: { cspNonce: '__CSP_NONCE__' },
  build: {
    target: 'es2022',
    // The first that know light-dark(): rewritten for older ones it would lose our colours.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    sourcemap: false,
    // The policy forbids data: scripts and styles.
    assetsInlineLimit: 0,
    // Every browser that knows light-dark() knows it.
    modulePreload: { polyfill: false },
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'react', test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/, priority: 3 },
            { name: 'tanstack', test: /node_modules[\\/]@tanstack[\\/](react-router|router-core|history|react-query|query-core)/, priority: 2 },
            { name: 'icons', test: /node_modules[\\/]@tabler/, minShareCount: 3, priority: 2 },
            // A hundred files of a kilobyte each pack worse than one: what most pages use comes together.
            { name: 'ui', test: /node_modules/, minShareCount: 11, priority: 1 },
            { name: 'live', test: /src[\\/]api[\\/](live|sse|sharedEvents)|eventsource-parser/, priority: 2 },
            { name: 'app', test: /src[\\/](api|components|ui)[\\/]/, minShareCount: 9 },
          ],
        },
      },
    },
  },
  server: { proxy },
  preview: { proxy },
  test: {
    environment: 'jsdom',
    globals: false,
    setupFiles: './src/test/setup.ts',
    css: false,
    restoreMocks: true,
    // A busy machine is slow, not wrong.
    testTimeout: 60_000,
    reporters: ['default', './src/test/count.ts'],
  },
});
