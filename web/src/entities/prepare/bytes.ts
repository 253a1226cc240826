// Reading and joining bytes, for the formats next to this file.

/** The structure of a file is not what its format says. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

export type Bytes = Uint8Array<ArrayBuffer>;

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function ascii(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

export function join(parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

export function bytesOf(text: string): Bytes {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/** What a header says of a picture, and the file without what is not the picture. */
export interface Facts {
  /** As stored, before `orientation` is applied. */
  width: number;
  height: number;
  /** 1 to 8, as in EXIF: 1 is upright. */
  orientation: number;
  /** The file without metadata: the same pixels, bit for bit. */
  stripped: Bytes;
}
