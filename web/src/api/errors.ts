// One error type for everything that can go wrong between a screen and the server. Screens switch on `code`,
// never on the text: the texts people read live in src/i18n.
import type { Problem } from './types';

export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** For the sentence that people read. */
  values: Readonly<Record<string, string | number>> = {};

  constructor(
    readonly code: string,
    readonly status: number,
    detail: string,
    readonly fields: readonly FieldProblem[] = [],
    readonly retryAfterSeconds: number | null = null,
    readonly requestId: string | null = null,
  ) {
    super(detail);
  }

  /** True when the same request may succeed later without the person changing anything. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** The request never reached the server, or its answer never reached us. */
export function networkError(): ApiError {
  return new ApiError('network', 0, 'The server could not be reached.');
}

/** Turns whatever body came with a failed response into an ApiError. A proxy's HTML page becomes a plain code. */
export function problemFrom(response: Response, body: unknown): ApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return new ApiError(
    typeof problem.code === 'string' ? problem.code : fallbackCode(response.status),
    response.status,
    problem.detail ?? problem.title ?? response.statusText,
    Array.isArray(problem.fields) ? problem.fields : [],
    retryAfter(response.headers.get('retry-after')),
    problem.request_id ?? null,
  );
}

export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  return error instanceof TypeError ? networkError() : new ApiError('unexpected', -1, String(error));
}

function fallbackCode(status: number): string {
  if (status === 404) return 'not_found';
  if (status === 413) return 'body_too_large';
  if (status === 429) return 'rate_limited';
  return status >= 500 ? 'unavailable' : 'unexpected';
}

/** Retry-After is either seconds or a date (RFC 9110, section 10.2.3). */
function retryAfter(value: string | null): number | null {
  if (!value) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - Date.now()) / 1000));
}
