// Preparing pictures, as the rest of the client sees it: one at a time, cancelled when nobody waits any more, ended
// when it takes too long.
import type { Answer, Job } from './protocol';
import type { Rotation } from './pose';
import { Refused, refuse } from './refusal';
import { SNIFFED_BYTES, sniff } from './sniff';
import type { Prepared } from './work';

/** Old phones take some 10 s for a HEIC photo of 48 megapixels. */
const GIVE_UP_AFTER_MS = 60_000;

interface Waiting extends Job {
  signal: AbortSignal;
  resolve: (prepared: Prepared) => void;
  reject: (reason: unknown) => void;
}

const queue: Waiting[] = [];
let isBusy = false;
/** What came out of here goes in again when an upload is tried anew, or a rest of it by the outbox. */
const finished = new WeakSet<Blob>();

/** Says at once what is clear from the first bytes: that it is no picture, or too large. */
export async function refusalOf(file: Blob): Promise<Refused | null> {
  try {
    return refuse(sniff(new Uint8Array(await file.slice(0, SNIFFED_BYTES).arrayBuffer())), file.size);
  } catch {
    return new Refused('unreadable');
  }
}

/** Rejects with a `Refused`, or with the signal's reason. */
export function prepare(file: Blob, rotation: Rotation, signal: AbortSignal): Promise<Prepared> {
  if (finished.has(file) && rotation === 0) return Promise.resolve({ blob: file, isAnimated: false });
  return new Promise((resolve, reject) => {
    const waiting: Waiting = { file, rotation, signal, resolve, reject };
    signal.addEventListener('abort', () => {
      const at = queue.indexOf(waiting);
      if (at >= 0) queue.splice(at, 1);
      reject(signal.reason);
    });
    queue.push(waiting);
    void work();
  });
}

async function work(): Promise<void> {
  if (isBusy) return;
  isBusy = true;
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (next.signal.aborted) continue;
    try {
      const prepared = await once(next);
      finished.add(prepared.blob);
      next.resolve(prepared);
    } catch (error) {
      next.reject(error);
    }
  }
  isBusy = false;
}

async function once({ file, rotation, signal }: Waiting): Promise<Prepared> {
  const answer = await ask({ file, rotation }, signal);
  if (answer.type === 'done') return { blob: answer.blob, isAnimated: answer.isAnimated };
  if (answer.type === 'refused') throw new Refused(answer.reason, answer.sizeBytes);
  const { prepareHere } = await import('./local').catch(() => {
    throw new Refused('converter');
  });
  return prepareHere(file, rotation);
}

/** A worker for each picture: starting one takes milliseconds, and its memory, and whatever a hostile file did, end with it. */
function ask(job: Job, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let worker: Worker;
    try {
      worker = new Worker(new URL('./pictureWorker.ts', import.meta.url), { type: 'module', name: 'pictures' });
    } catch {
      resolve({ type: 'cannot' });
      return;
    }
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      worker.terminate();
    };
    const stop = () => {
      end();
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      end();
      resolve({ type: 'refused', reason: 'timeout', sizeBytes: 0 });
    }, GIVE_UP_AFTER_MS);
    signal.addEventListener('abort', stop, { once: true });
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      end();
      resolve(data);
    };
    // It did not start, or died: of memory, most likely. The page tries what it can.
    worker.onerror = (event) => {
      event.preventDefault();
      end();
      resolve({ type: 'cannot' });
    };
    // eslint-disable-next-line unicorn/require-post-message-target-origin
    worker.postMessage(job);
  });
}
