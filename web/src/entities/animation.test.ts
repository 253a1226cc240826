import { describe, expect, it } from 'vitest';
import { movesInBytes } from './animation';

const ascii = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
const bytes = (...parts: (string | number[])[]) => Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? ascii(part) : part)));

const screen = [1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
const control = [0x21, 0xf9, 4, 0, 10, 0, 0, 0];
// With a palette of its own.
const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x80, 9, 9, 9, 8, 8, 8, 2, 2, 0x4c, 1, 0];
const comment = [0x21, 0xfe, 3, ...ascii('a,b'), 2, ...ascii('c!'), 0];

const chunk = (kind: string, content: number[]) => [0, 0, 0, content.length, ...ascii(kind), ...content, 0, 0, 0, 0];
const signature = [0x89, ...ascii('PNG'), 13, 10, 26, 10];
const header = chunk('IHDR', [0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);

describe('knowing that a picture moves', () => {
  it('counts the frames of a GIF', () => {
    expect(movesInBytes(bytes('GIF89a', screen, control, frame, [0x3b]))).toBe(false);
    expect(movesInBytes(bytes('GIF89a', screen, comment, control, frame, comment, [0x3b]))).toBe(false);
    expect(movesInBytes(bytes('GIF89a', screen, control, frame, control, frame, [0x3b]))).toBe(true);
  });

  it('reads what a PNG announces, before its pixels only', () => {
    expect(movesInBytes(bytes(signature, header, chunk('IDAT', [1]), chunk('IEND', [])))).toBe(false);
    expect(movesInBytes(bytes(signature, header, chunk('acTL', [0, 0, 0, 1, 0, 0, 0, 0]), chunk('IDAT', [1])))).toBe(false);
    expect(movesInBytes(bytes(signature, header, chunk('tEXt', ascii('a')), chunk('acTL', [0, 0, 0, 4, 0, 0, 0, 0]), chunk('IDAT', [1])))).toBe(true);
  });

  it('reads the flags of a WebP', () => {
    expect(movesInBytes(bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0b10], [0, 0, 0]))).toBe(true);
    expect(movesInBytes(bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8X', [10, 0, 0, 0, 0b10000], [0, 0, 0]))).toBe(false);
    expect(movesInBytes(bytes('RIFF', [0, 0, 0, 0], 'WEBPVP8L', [10, 0, 0, 0, 0x2f]))).toBe(false);
  });

  it('takes anything else, and what ends too soon, for a still', () => {
    for (const file of [bytes(), bytes('GIF89a'), bytes('GIF89a', screen, control), bytes(signature), bytes([0xff, 0xd8, 0xff])]) {
      expect(movesInBytes(file)).toBe(false);
    }
  });
});
