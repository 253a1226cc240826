// What the page and its worker say to each other.
import type { Rotation } from './pose';
import type { Reason } from './refusal';

export interface Job {
  file: Blob;
  rotation: Rotation;
}

export type Answer =
  | { type: 'done'; blob: Blob; isAnimated: boolean }
  | { type: 'refused'; reason: Reason; sizeBytes: number }
  /** The worker cannot draw; the page may. */
  | { type: 'cannot' };
