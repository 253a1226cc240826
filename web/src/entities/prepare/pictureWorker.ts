// The worker in which pictures are prepared, one at a time. The server gives this file, by its name, a policy that
// allows WebAssembly, which no page has.
import { CannotDraw } from './draw';
import { convert } from './convert';
import type { Answer, Job } from './protocol';
import { Refused } from './refusal';
import { prepare } from './work';

async function answer({ file, rotation }: Job): Promise<Answer> {
  if (typeof OffscreenCanvas === 'undefined') return { type: 'cannot' };
  try {
    return { type: 'done', ...(await prepare(file, rotation, convert)) };
  } catch (error) {
    if (error instanceof Refused) return { type: 'refused', reason: error.reason, sizeBytes: error.sizeBytes };
    return error instanceof CannotDraw ? { type: 'cannot' } : { type: 'refused', reason: error instanceof RangeError ? 'no_memory' : 'corrupt', sizeBytes: 0 };
  }
}

self.onmessage = (event: MessageEvent<Job>) => {
  // A worker has one page to talk to.
  // eslint-disable-next-line unicorn/require-post-message-target-origin
  void answer(event.data).then((message) => self.postMessage(message));
};
