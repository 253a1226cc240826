// PNG: a row of chunks. What is kept is what pixels and colours need; words, times, EXIF and XMP go.
import { Malformed, ascii, bytesOf, join, viewOf, type Bytes, type Facts } from './bytes';
import { orientationOf } from './exif';

const SIGNATURE = bytesOf('\x89PNG\r\n\x1a\n');
const NEEDED = new Set(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP', 'sBIT', 'bKGD', 'acTL', 'fcTL', 'fdAT']);

interface Chunk {
  kind: string;
  content: Uint8Array;
  whole: Uint8Array;
}

/** Up to the end, or to where the file breaks off. */
function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes);
  for (let at = SIGNATURE.length; at + 8 <= bytes.length; ) {
    const length = view.getUint32(at);
    const kind = ascii(bytes, at + 4, 4);
    const whole = bytes.subarray(at, at + 12 + length);
    yield { kind, content: bytes.subarray(at + 8, at + 8 + length), whole };
    if (kind === 'IEND') return;
    at += 12 + length;
  }
}

export function readPng(bytes: Uint8Array): Facts {
  const kept: Uint8Array[] = [SIGNATURE];
  let [width, height, orientation] = [0, 0, 0];
  let hasPixels = false;
  for (const { kind, content, whole } of chunksOf(bytes)) {
    if (kind === 'IHDR' && content.length >= 8) {
      width = viewOf(content).getUint32(0);
      height = viewOf(content).getUint32(4);
    }
    if (kind === 'eXIf' && orientation === 0) orientation = orientationOf(content);
    hasPixels ||= kind === 'IDAT';
    if (NEEDED.has(kind)) kept.push(whole);
  }
  if (!hasPixels || width === 0) throw new Malformed('a PNG without pixels');
  return { width, height, orientation: orientation || 1, stripped: join(kept) };
}

/** The same pixels, to be understood in the colours of `profile`. */
export function withProfile(png: Uint8Array, profile: Uint8Array): Bytes {
  const kept: Uint8Array[] = [SIGNATURE];
  for (const { kind, whole } of chunksOf(png)) {
    if (['gAMA', 'cHRM', 'sRGB', 'iCCP', 'cICP'].includes(kind)) continue;
    kept.push(whole);
    if (kind === 'IHDR') kept.push(chunk('iCCP', join([bytesOf('profile\0\0'), storedZlib(profile)])));
  }
  return join(kept);
}

function chunk(kind: string, content: Uint8Array): Uint8Array {
  const body = join([bytesOf(kind), content]);
  const [length, check] = [new Uint8Array(4), new Uint8Array(4)];
  viewOf(length).setUint32(0, content.length);
  viewOf(check).setUint32(0, crc32(body));
  return join([length, body, check]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A zlib stream (RFC 1950) whose blocks are not compressed: a profile is small and is read once. */
function storedZlib(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x78, 0x01)];
  for (let at = 0; at < bytes.length; at += 0xffff) {
    const block = bytes.subarray(at, at + 0xffff);
    const isLast = at + 0xffff >= bytes.length ? 1 : 0;
    parts.push(Uint8Array.of(isLast, block.length & 0xff, block.length >> 8, ~block.length & 0xff, (~block.length >> 8) & 0xff), block);
  }
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  parts.push(Uint8Array.of(b >> 8, b & 0xff, a >> 8, a & 0xff));
  return join(parts);
}
