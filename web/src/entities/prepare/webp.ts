// WebP: a RIFF file of chunks. Pixels, transparency, frames and the colour profile stay; EXIF, XMP and the unknown go.
import { Malformed, ascii, bytesOf, join, viewOf, type Facts } from './bytes';
import { orientationOf } from './exif';

const NEEDED = new Set(['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANIM', 'ANMF', 'ICCP']);
const HAS_EXIF_OR_XMP = 0x08 | 0x04;
/** Where the chunks of a frame begin in its content. */
const FRAME_HEADER = 16;

export function readWebp(bytes: Uint8Array): Facts {
  const found = { width: 0, height: 0, orientation: 0, hasPixels: false };
  const end = Math.min(bytes.length, 8 + viewOf(bytes).getUint32(4, true));
  const kept = keptOf(bytes.subarray(12, end), found, true);
  if (!found.hasPixels || found.width === 0) throw new Malformed('a WebP without pixels');
  const body = join([bytesOf('WEBP'), ...kept]);
  return { width: found.width, height: found.height, orientation: found.orientation || 1, stripped: join([bytesOf('RIFF'), little32(body.length), body]) };
}

function keptOf(bytes: Uint8Array, found: { width: number; height: number; orientation: number; hasPixels: boolean }, isOutermost: boolean): Uint8Array[] {
  const view = viewOf(bytes);
  const kept: Uint8Array[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const kind = ascii(bytes, at, 4);
    const length = view.getUint32(at + 4, true);
    const content = bytes.subarray(at + 8, at + 8 + length);
    const whole = bytes.subarray(at, at + 8 + length + (length & 1));
    at += 8 + length + (length & 1);
    if (kind === 'EXIF' && found.orientation === 0) {
      // Some writers begin with the name that the segment has in a JPEG.
      found.orientation = orientationOf(ascii(content, 0, 6) === 'Exif\0\0' ? content.subarray(6) : content);
    }
    if (!NEEDED.has(kind) || (!isOutermost && (kind === 'ANMF' || kind === 'VP8X'))) continue;
    if (kind === 'VP8X') {
      const clean = whole.slice();
      clean[8] = (clean[8] ?? 0) & ~HAS_EXIF_OR_XMP;
      kept.push(clean);
    } else if (kind === 'ANMF') {
      const inner = join([content.subarray(0, FRAME_HEADER), ...keptOf(content.subarray(FRAME_HEADER), found, false)]);
      kept.push(bytesOf('ANMF'), little32(inner.length), inner);
    } else {
      kept.push(whole);
    }
    if (isOutermost && found.width === 0) measure(kind, content, found);
    found.hasPixels ||= kind === 'VP8 ' || kind === 'VP8L';
  }
  return kept;
}

function measure(kind: string, content: Uint8Array, found: { width: number; height: number }): void {
  const byte = (at: number) => content[at] ?? 0;
  if (kind === 'VP8X') {
    found.width = 1 + (byte(4) | (byte(5) << 8) | (byte(6) << 16));
    found.height = 1 + (byte(7) | (byte(8) << 8) | (byte(9) << 16));
  } else if (kind === 'VP8 ') {
    found.width = (byte(6) | (byte(7) << 8)) & 0x3fff;
    found.height = (byte(8) | (byte(9) << 8)) & 0x3fff;
  } else if (kind === 'VP8L') {
    const bits = byte(1) | (byte(2) << 8) | (byte(3) << 16) | (byte(4) << 24);
    found.width = 1 + (bits & 0x3fff);
    found.height = 1 + ((bits >>> 14) & 0x3fff);
  }
}

function little32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value, true);
  return bytes;
}
