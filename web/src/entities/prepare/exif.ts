// The one word of EXIF that is about the picture and not about who took it where: which side is up.
import { ascii, bytesOf, join, viewOf, type Bytes } from './bytes';

const ORIENTATION = 0x0112;
const SHORT = 3;

/** 1 to 8; 1 when nothing, or nothing sensible, is said. `tiff` begins at the byte order. */
export function orientationOf(tiff: Uint8Array): number {
  const order = ascii(tiff, 0, 2);
  if ((order !== 'II' && order !== 'MM') || tiff.length < 14) return 1;
  const view = viewOf(tiff);
  const little = order === 'II';
  const directory = view.getUint32(4, little);
  if (directory + 2 > tiff.length) return 1;
  const entries = view.getUint16(directory, little);
  for (let index = 0; index < entries; index += 1) {
    const at = directory + 2 + 12 * index;
    if (at + 12 > tiff.length) return 1;
    if (view.getUint16(at, little) !== ORIENTATION) continue;
    const value = view.getUint16(at + 2, little) === SHORT ? view.getUint16(at + 8, little) : 1;
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** A JPEG segment that says which side is up, and nothing else. */
export function orientationSegment(orientation: number): Bytes {
  const tiff = bytesOf(`MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0${String.fromCharCode(orientation)}\0\0\0\0\0\0`);
  return join([bytesOf(`\xff\xe1\0${String.fromCharCode(tiff.length + 8)}Exif\0\0`), tiff]);
}
