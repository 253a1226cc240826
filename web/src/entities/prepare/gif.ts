// GIF: images and extensions, each followed by blocks that say their length. Comments, XMP, and words of other programs
// go; how long a frame stays and how often it all repeats stays.
import { Malformed, ascii, bytesOf, join, viewOf, type Facts } from './bytes';

const IMAGE = 0x2c;
const EXTENSION = 0x21;
const TIMING = 0xf9;
const APPLICATION = 0xff;

export function readGif(bytes: Uint8Array): Facts {
  if (bytes.length < 13) throw new Malformed('a GIF without a screen');
  const view = viewOf(bytes);
  const colors = (flags = 0) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + colors(bytes[10]);
  const kept: Uint8Array[] = [bytes.subarray(0, at)];
  let hasPixels = false;
  while (at < bytes.length) {
    const start = at;
    const kind = bytes[at];
    if (kind === IMAGE) at += 11 + colors(bytes[at + 9]);
    else if (kind === EXTENSION) at += 2;
    else break;
    const content = at + 1;
    while (bytes[at]) at += 1 + (bytes[at] ?? 0);
    at += 1;
    hasPixels ||= kind === IMAGE;
    if (kind === IMAGE || isNeeded(bytes[start + 1], ascii(bytes, content, 11))) kept.push(bytes.subarray(start, at));
  }
  if (!hasPixels) throw new Malformed('a GIF without pixels');
  kept.push(bytesOf(';'));
  return { width: view.getUint16(6, true), height: view.getUint16(8, true), orientation: 1, stripped: join(kept) };
}

function isNeeded(label: number | undefined, name: string): boolean {
  return label === TIMING || (label === APPLICATION && (name === 'NETSCAPE2.0' || name === 'ANIMEXTS1.0'));
}
