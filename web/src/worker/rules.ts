// What the service worker does with a request. Pure, so that every rule can be tested. Invariant: answers of the API, signed
// pictures and everything else that is for one person are never touched, let alone stored.

/** The addresses of the client's own pages; tests/worker.test.ts holds them to the router's. Everything else is the server's. */
const PAGES = [/^\/$/, /^\/(?:home|login|reset|signup|people|alerts|settings)\/?$/, /^\/join\/[^/]+\/?$/, /^\/c(?:\/[^/]+)?\/?$/, /^\/p\/[^/]+\/?$/, /^\/@[^/]+(?:\/(?:followers|following))?\/?$/, /^\/chat(?:\/[^/]+)?\/?$/];

export interface Release {
  /** A hash of all files: the name of their cache. */
  version: string;
  /** The page itself, and every file that is stored before the worker takes over. */
  files: readonly string[];
  /** Big files that few need: stored when they are first used. */
  onDemand: readonly string[];
}

export type Answer = 'page' | 'file' | 'on-demand' | 'network';

interface Asked {
  method: string;
  mode: string;
  url: string;
}

export const PAGE = '/';
const PREFIX = 'village-shell-';

export function answerTo(request: Asked, { files, onDemand }: Pick<Release, 'files' | 'onDemand'>, origin: string): Answer {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== origin) return 'network';
  if (request.mode === 'navigate') return isPage(url.pathname) ? 'page' : 'network';
  // Files of the build have no query. The page is only given to navigations: who asks for it otherwise wants the newest.
  if (url.search !== '' || url.pathname === PAGE) return 'network';
  if (files.includes(url.pathname)) return 'file';
  if (onDemand.includes(url.pathname)) return 'on-demand';
  // A file of the version before, for a tab that still runs it.
  return url.pathname.startsWith('/assets/') ? 'file' : 'network';
}

export function isPage(pathname: string): boolean {
  return PAGES.some((page) => page.test(pathname));
}

export function cacheName(version: string): string {
  return PREFIX + version;
}

/** Caches that no tab can need any more: all but this version's and the one before it, whose tabs may still be open. */
export function outlived(names: readonly string[], version: string, keepFormer: boolean): string[] {
  const former = names.filter((name) => name.startsWith(PREFIX) && name !== cacheName(version));
  return keepFormer ? former.slice(0, -1) : former;
}

/** Whether the page belongs to these files. In the middle of a deployment the server may already hand out another one. */
export function isPageOf(html: string, files: readonly string[]): boolean {
  const used = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].flatMap((match) => match[1] ?? []);
  return used.length > 0 && used.every((file) => files.includes(file));
}

/** The content is in the name, so a copy of an earlier version is as good as a new one. */
export function isHashed(file: string): boolean {
  return file.startsWith('/assets/');
}
