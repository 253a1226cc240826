// Why a picture cannot be used, as codes that `errors` has a sentence for. This file is loaded on both sides of the
// worker and imports nothing.
import type { Kind } from './sniff';

/** The server's own reasons, and those found before a byte is sent. */
export const REASONS = [
  'empty', 'not_an_image', 'heic', 'avif', 'too_many_pixels', 'too_complex', 'too_large', 'corrupt',
  'pdf', 'video', 'audio', 'svg', 'document', 'rare', 'unreadable', 'no_memory', 'timeout', 'converter',
] as const;
export type Reason = (typeof REASONS)[number];

/** Another try may go well: nothing is wrong with the picture. */
const PASSING: readonly Reason[] = ['unreadable', 'no_memory', 'timeout', 'converter'];

export function isPassing(reason: Reason): boolean {
  return PASSING.includes(reason);
}

export const MAX_BYTES = 20 * 1024 * 1024;

export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly reason: Reason,
    /** Of a file that is too large. */
    readonly sizeBytes = 0,
  ) {
    super(reason);
  }
}

/** What the first bytes, and the length, say against a file. */
export function refuse(kind: Kind, sizeBytes: number): Refused | null {
  switch (kind) {
    case 'empty':
    case 'pdf':
    case 'video':
    case 'audio':
    case 'svg':
    case 'document':
      return new Refused(kind);
    case 'unknown':
      return new Refused('not_an_image');
    default:
      return sizeBytes > MAX_BYTES ? new Refused('too_large', sizeBytes) : null;
  }
}
