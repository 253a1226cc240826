import { fileURLToPath } from 'node:url';
import type { InlineConfig } from 'vite';
import react from '@vitejs/plugin-react';
import { defineConfig, type ViteUserConfig } from 'vitest/config';
import { homeFiles } from './scripts/homeFiles.ts';
import { libraryStyles } from './scripts/libraryStyles.ts';
import { pageHead } from './scripts/pageHead.ts';
import { precompress } from './scripts/precompress.ts';
import { serviceWorker } from './scripts/serviceWorker.ts';

// In development the API is a Village server on this address; everything that is not a client file goes there.
const server = process.env.VILLAGE_SERVER ?? 'http://127.0.0.1:8080';
const apiPrefixes = ['/auth', '/users', '/posts', '/channels', '/feed', '/media', '/blobs', '/conversations', '/notifications'];

// Node 20 has the browser's WebSocket behind a flag.
const webSocket = typeof WebSocket === 'undefined' ? ['--experimental-websocket', '--no-warnings'] : [];

const client = {
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    // The content security policy allows data: for images only, so fonts and scripts must stay files.
    assetsInlineLimit: 0,
    target: 'es2022',
    // The polyfill is an inline script, which the policy refuses; every browser we target has modulepreload.
    modulePreload: { polyfill: false },
  },
  // The worker's decoders stay files of their own, fetched when the first HEIC or AVIF needs one.
  worker: { format: 'es' },
} satisfies InlineConfig;

export default defineConfig(async ({ command }): Promise<ViteUserConfig> => ({
  ...client,
  // The worker lists what was written, so it comes before the files are packed.
  plugins: [react(), libraryStyles(), pageHead(), serviceWorker(), precompress()],
  build: command === 'build' ? { ...client.build, rolldownOptions: { output: { codeSplitting: { groups: await homeFiles({ ...client, plugins: [react()] }) } } } } : client.build,
  server: {
    proxy: {
      ...Object.fromEntries(apiPrefixes.map((prefix) => [prefix, { target: server }])),
      '/messaging': { target: server, ws: true },
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: 'app', environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}', 'tests/**/*.test.ts'], css: false, setupFiles: ['src/i18n/whole.ts', 'src/i18n/chat.ts', 'src/i18n/photos.ts', 'src/i18n/settings.ts'] } },
      { test: { name: 'live', environment: 'node', include: ['packages/live/src/**/*.test.ts'] } },
      // Against the server binary named by VILLAGE_BINARY; see packages/live/README.md.
      { test: { name: 'faults', environment: 'node', include: ['packages/live/faults/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 180_000, execArgv: webSocket } },
    ],
  },
}));
