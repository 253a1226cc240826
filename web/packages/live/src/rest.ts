// REST as this library needs it: the application brings its own, with its tokens and its errors.
import { within } from './errors';

export interface RestRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With the query, without the host. */
  path: string;
  body?: unknown;
  signal: AbortSignal;
}

/** Resolves to the JSON of the answer. Rejects with an error that has a `code`, and a `status` (0: no answer). */
export type Rest = (request: RestRequest) => Promise<unknown>;

const TIMEOUT_MS = 15_000;

/** Nobody waits for an answer forever, whatever the application's `rest` does. */
export function ask<R>(rest: Rest, method: RestRequest['method'], path: string, body?: unknown): Promise<R> {
  const giveUp = new AbortController();
  const request = rest({ method, path, signal: giveUp.signal, ...(body === undefined ? {} : { body }) }) as Promise<R>;
  return within(TIMEOUT_MS, request).finally(() => giveUp.abort());
}

/** A path with every inserted value made safe for an address. */
export function address(strings: TemplateStringsArray, ...values: string[]): string {
  return strings.reduce((text, part, index) => text + encodeURIComponent(values[index - 1] ?? '') + part);
}
