// The same work in the page, where a worker cannot draw (Safari before 16.4) or does not start. Without the converters:
// the policy of pages allows no WebAssembly.
import { CannotDraw } from './draw';
import type { Rotation } from './pose';
import { Refused } from './refusal';
import { sniff } from './sniff';
import { prepare, type Prepared } from './work';

export async function prepareHere(file: Blob, rotation: Rotation): Promise<Prepared> {
  try {
    return await prepare(file, rotation, null);
  } catch (error) {
    if (error instanceof Refused) throw error;
    const kind = sniff(new Uint8Array(await file.slice(0, 64).arrayBuffer()));
    throw new Refused(error instanceof CannotDraw && (kind === 'heic' || kind === 'avif') ? kind : 'corrupt');
  }
}
