// Exponential backoff with full jitter: after a server restart thousands of clients come back spread out, not at once.
// https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/

const BASE_MS = 500;
const CAP_MS = 30_000;

/** The wait before try number `attempt` (from 0). `random` is in [0, 1). */
export function backoffDelay(attempt: number, random: () => number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * ceiling);
}
