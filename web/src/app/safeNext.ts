import { paths } from '@/paths';

/** Pages for those who are not logged in: after the log-in they would lead back here. By their first segment. */
const BEFORE_LOGIN: ReadonlySet<string> = new Set([paths.login, paths.signup, paths.reset, paths.join('')].map(firstSegment));

/**
 * Where the log-in leads: a page of this client that needs one, else home. A link must not be able to lead from the
 * log-in to another site, nor round in a circle.
 */
export function safeNext(next: unknown): string {
  if (typeof next !== 'string' || !isPath(next)) return paths.home;
  let url: URL;
  try {
    // Resolves `..` and the like as the browser would, so that what is checked is where it leads.
    url = new URL(next, location.origin);
  } catch {
    return paths.home;
  }
  if (url.origin !== location.origin || !isPath(url.pathname)) return paths.home;
  const decoded = fullyDecoded(url.pathname);
  if (decoded === null || !isPath(decoded) || isBeforeLogin(decoded)) return paths.home;
  return url.pathname + url.search + url.hash;
}

/** Whether `path` is one of the pages for those who are not logged in. */
export function isBeforeLogin(path: string): boolean {
  return BEFORE_LOGIN.has(firstSegment(path));
}

/** One slash, then a letter or the @ of a profile: `//host` and `/\host` are other sites. */
function isPath(path: string): boolean {
  // oxlint-disable-next-line no-control-regex -- the point of the rule
  return /^\/[a-z@]/i.test(path) && !/[\\\u0000-\u001f\u007f]/.test(path);
}

function firstSegment(path: string): string {
  return path.split(/[/?#;]/, 2)[1]?.toLowerCase() ?? '';
}

/** As often as it may be: what is encoded twice must not hide anything. */
function fullyDecoded(path: string): string | null {
  let text = path;
  for (let round = 0; round < 5; round += 1) {
    let next: string;
    try {
      next = decodeURIComponent(text);
    } catch {
      return null;
    }
    if (next === text) return text;
    text = next;
  }
  return null;
}
