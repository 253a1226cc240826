// JPEG: a row of segments, then the pixels. What is kept is what a decoder needs, by a list; everything else goes:
// EXIF, XMP, IPTC, makers' notes, comments, thumbnails, and whatever lies behind the end (videos of live photos,
// second pictures).
import { Malformed, ascii, bytesOf, join, type Facts } from './bytes';
import { orientationOf, orientationSegment } from './exif';

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP0 = 0xe0;
const APP1 = 0xe1;
const APP2 = 0xe2;
const APP14 = 0xee;
const COM = 0xfe;

export function readJpeg(bytes: Uint8Array): Facts {
  const kept: Uint8Array[] = [bytesOf('\xff\xd8')];
  let [width, height, orientation] = [0, 0, 0];
  let hasPixels = false;
  let at = 2;
  while (at < bytes.length) {
    const start = bytes.indexOf(0xff, at);
    if (start < 0) break;
    at = start + 1;
    while (bytes[at] === 0xff) at += 1;
    const marker = bytes[at] ?? EOI;
    at += 1;
    if (marker === EOI) break;
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= SOI)) continue;
    const length = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    if (length < 2) throw new Malformed('a segment of no length');
    const content = bytes.subarray(at + 2, at + length);
    at += length;
    if (isFrame(marker)) {
      height = ((content[1] ?? 0) << 8) | (content[2] ?? 0);
      width = ((content[3] ?? 0) << 8) | (content[4] ?? 0);
    }
    if (marker === APP1 && orientation === 0 && ascii(content, 0, 6) === 'Exif\0\0') orientation = orientationOf(content.subarray(6));
    const needed = neededOf(marker, content);
    if (needed) kept.push(header(marker, needed.length), needed);
    if (marker === SOS) {
      const end = endOfScan(bytes, at);
      kept.push(bytes.subarray(at, end));
      hasPixels ||= end > at;
      at = end;
    }
  }
  if (!hasPixels || width === 0) throw new Malformed('a JPEG without pixels');
  kept.push(bytesOf('\xff\xd9'));
  return { width, height, orientation: orientation || 1, stripped: join(kept) };
}

/** The same file with nothing but its orientation said, for when it cannot be turned here. */
export function withOrientation(stripped: Uint8Array, orientation: number): Uint8Array<ArrayBuffer> {
  return join([stripped.subarray(0, 2), orientationSegment(orientation), stripped.subarray(2)]);
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** What a decoder needs of a segment's content. */
function neededOf(marker: number, content: Uint8Array): Uint8Array | null {
  if (marker < APP0) return content;
  if (marker === COM || marker > 0xef) return null;
  // Without the thumbnail that may follow.
  if (marker === APP0) return ascii(content, 0, 5) === 'JFIF\0' && content.length >= 14 ? join([content.subarray(0, 12), bytesOf('\0\0')]) : null;
  // Colours would be wrong without their profile, and without Adobe's word about the colour model.
  if (marker === APP2) return ascii(content, 0, 12) === 'ICC_PROFILE\0' ? content : null;
  if (marker === APP14) return ascii(content, 0, 5) === 'Adobe' ? content.subarray(0, 12) : null;
  return null;
}

function header(marker: number, length: number): Uint8Array {
  return Uint8Array.of(0xff, marker, (length + 2) >> 8, (length + 2) & 0xff);
}

/** Coded pixels run to the next marker; 0xff 0x00 and restarts are part of them. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1];
    if (next === undefined) return at;
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  return bytes.length;
}
