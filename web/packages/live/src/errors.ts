// What can go wrong between a client and the server, and what of it is worth another try.

export class LiveError extends Error {
  override readonly name = 'LiveError';
  constructor(
    readonly code: string,
    message: string,
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

/** An error of the live connection, of `rest`, or of `fetch`, seen alike. */
export interface Failure {
  code: string;
  message: string;
  /** The HTTP status; 0 when there was no answer, null when it did not come over HTTP. */
  status: number | null;
  /** The same request may succeed later without the person changing anything. */
  isTemporary: boolean;
  retryAfterMs: number | null;
}

/** Codes of the socket that say nothing about the request itself. */
const TEMPORARY = new Set(['offline', 'unavailable', 'rate_limited', 'internal']);
/** 401 is here because renewing tokens is another's task: when the session has ended, that one stops everything. */
const TEMPORARY_STATUS = new Set([0, 401, 408, 425, 429]);

/** Understands whatever `rest` throws, as long as it has a `code`, and a `status` when it came over HTTP. */
export function failureOf(error: unknown): Failure {
  const { code, status, retryAfterSeconds } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const message = error instanceof Error ? error.message : String(error);
  const retryAfterMs = typeof retryAfterSeconds === 'number' ? retryAfterSeconds * 1_000 : null;
  if (typeof status === 'number') {
    const isTemporary = TEMPORARY_STATUS.has(status) || status >= 500;
    return { code: typeof code === 'string' ? code : `http_${status}`, message, status, isTemporary, retryAfterMs };
  }
  if (error instanceof LiveError) return { code: error.code, message, status: null, isTemporary: TEMPORARY.has(error.code), retryAfterMs };
  // `fetch` says TypeError when there is no network, and AbortError or TimeoutError when it was given up.
  const isNetwork = error instanceof TypeError || (error instanceof Error && (error.name === 'AbortError' || error.name === 'TimeoutError'));
  return { code: isNetwork ? 'network' : 'unexpected', message, status: isNetwork ? 0 : null, isTemporary: isNetwork, retryAfterMs: null };
}

/** Nothing in a network promises an answer: whoever waits decides for how long. */
export function within<R>(milliseconds: number, promise: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LiveError('offline', 'No answer came in time.')), milliseconds);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
