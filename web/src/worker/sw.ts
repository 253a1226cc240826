// The service worker: the whole client is on the device, so that it opens at once on a bad connection and without any.
// It serves one version as a whole, page and files together, and waits to be told before it takes the place of another.
import { PAGE, answerTo, cacheName, isHashed, isPageOf, outlived, type Release } from './rules';

// The few parts of the worker's global scope that are used here; TypeScript's "webworker" cannot be loaded beside "dom".
interface WorkerEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface FetchEvent extends WorkerEvent {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface WorkerScope {
  addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void;
  addEventListener(type: 'message', listener: (event: MessageEvent & WorkerEvent) => void): void;
  skipWaiting(): Promise<void>;
  readonly clients: { claim(): Promise<void>; matchAll(): Promise<readonly unknown[]> };
}

/** Replaced by scripts/serviceWorker.ts after the build. */
declare const __RELEASE__: Release;

const release = __RELEASE__;
const scope = globalThis as unknown as WorkerScope;
const ownCache = cacheName(release.version);

scope.addEventListener('install', (event) => event.waitUntil(install()));
scope.addEventListener('activate', (event) => event.waitUntil(activate()));
scope.addEventListener('message', (event) => {
  if ((event.data as { type?: unknown } | null)?.type === 'activate') event.waitUntil(scope.skipWaiting());
});
scope.addEventListener('fetch', (event) => {
  const { request } = event;
  const answer = answerTo(request, release, location.origin);
  if (answer === 'page') event.respondWith(page(request));
  else if (answer === 'file') event.respondWith(file(request));
  else if (answer === 'on-demand') event.respondWith(onDemand(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(ownCache);
  try {
    for (const path of release.files) {
      const stored = isHashed(path) ? await caches.match(path) : undefined;
      await cache.put(path, stored ?? (await download(path)));
    }
  } catch (error) {
    // Half a version is none. The browser tries again with the next visit.
    await caches.delete(ownCache);
    throw error;
  }
}

async function download(path: string): Promise<Response> {
  const response = await fetch(path, { cache: isHashed(path) ? 'default' : 'reload', credentials: 'omit', redirect: 'error', ...(path === PAGE && { headers: { accept: 'text/html' } }) });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  if (path === PAGE && !isPageOf(await response.clone().text(), [...release.files, ...release.onDemand])) throw new Error('The server hands out another version now.');
  return response;
}

async function activate(): Promise<void> {
  // Tabs of the version before may still need its files.
  const hasTabs = (await scope.clients.matchAll()).length > 0;
  for (const name of outlived(await caches.keys(), release.version, hasTabs)) await caches.delete(name);
  await scope.clients.claim();
}

/** With the headers it came with, and so with its content security policy. */
async function page(request: Request): Promise<Response> {
  const stored = await (await caches.open(ownCache)).match(PAGE);
  return stored ?? fetch(request);
}

async function file(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  const stored = (await (await caches.open(ownCache)).match(path)) ?? (await caches.match(path));
  return stored ?? fetch(request);
}

async function onDemand(request: Request): Promise<Response> {
  const cache = await caches.open(ownCache);
  const path = new URL(request.url).pathname;
  const stored = await cache.match(path);
  if (stored) return stored;
  const response = await fetch(request);
  // A device without room still gets the file.
  if (response.ok) await cache.put(path, response.clone()).catch(() => undefined);
  return response;
}
