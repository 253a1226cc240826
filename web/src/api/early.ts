// Requests that the page's head began before the scripts were there (src/app/head.js). Each is taken once, by the request
// that would have been the same.
interface Early {
  session?: Promise<Response>;
  feed?: Promise<Response>;
  /** What the feed was asked with; another person's request must not get it. */
  authorization?: string;
}

declare global {
  interface Window {
    villageEarly?: Early;
  }
}

/** Later than this, an answer would be old. */
const GOOD_FOR_MS = 20_000;
const began = performance.now();

export function takeEarly(request: Request): Promise<Response> | undefined {
  const early = window.villageEarly;
  if (!early || performance.now() - began > GOOD_FOR_MS) return undefined;
  const { pathname, search } = new URL(request.url);
  const name = `${request.method} ${pathname}${search}`;
  if (name === 'POST /auth/refresh') return take(early, 'session');
  const isFeed = name === 'GET /feed' && early.authorization !== undefined && request.headers.get('authorization') === early.authorization;
  return isFeed ? take(early, 'feed') : undefined;
}

function take(early: Early, what: 'session' | 'feed'): Promise<Response> | undefined {
  const answer = early[what];
  delete early[what];
  return answer;
}
