// Whether a file moves. The server keeps the first picture of an animation, and people should know before they post it.

export function movesInBytes(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const text = (at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));
  if (text(0, 4) === 'GIF8') return hasSecondFrame(bytes);
  if (text(1, 3) === 'PNG') return announcesFrames(view, text);
  // The flags of an extended WebP are the first byte of its first chunk.
  if (text(0, 4) === 'RIFF' && text(8, 8) === 'WEBPVP8X') return ((bytes[20] ?? 0) & 2) !== 0;
  return false;
}

/** GIF: an image block after the first one. Extensions and images are followed by blocks that say their length. */
function hasSecondFrame(bytes: Uint8Array): boolean {
  const colors = (flags = 0) => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let frames = 0;
  let at = 13 + colors(bytes[10]);
  while (at < bytes.length) {
    if (bytes[at] === 0x2c) {
      frames += 1;
      if (frames > 1) return true;
      at += 11 + colors(bytes[at + 9]);
    } else if (bytes[at] === 0x21) {
      at += 2;
    } else {
      return false;
    }
    while (bytes[at]) at += 1 + (bytes[at] ?? 0);
    at += 1;
  }
  return false;
}

/** PNG: a chunk before the pixels that says how many frames there are. */
function announcesFrames(view: DataView, text: (at: number, length: number) => string): boolean {
  for (let at = 8; at + 12 <= view.byteLength; at += 12 + view.getUint32(at)) {
    const kind = text(at + 4, 4);
    if (kind === 'IDAT') return false;
    if (kind === 'acTL') return view.getUint32(at + 8) > 1;
  }
  return false;
}
