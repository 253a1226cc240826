import { describe, expect, it } from 'vitest';
import { MAX_BYTES, checkFile } from './upload';

const file = (name: string, type: string, size = 1000) => ({ name, type, size });

describe('choosing a picture', () => {
  it('takes what the server takes', () => {
    for (const type of ['image/jpeg', 'image/png', 'image/webp', 'image/gif']) expect(checkFile(file('a', type))).toBeNull();
  });

  it('knows HEIC by its type and, where the browser has none, by its name', () => {
    expect(checkFile(file('a.bin', 'image/heic'))).toBe('heic');
    expect(checkFile(file('IMG_1.HEIC', ''))).toBe('heic');
  });

  it('refuses other files and what is too large', () => {
    expect(checkFile(file('a.pdf', 'application/pdf'))).toBe('wrongType');
    expect(checkFile(file('a.svg', 'image/svg+xml'))).toBe('wrongType');
    expect(checkFile(file('a.jpg', 'image/jpeg', MAX_BYTES + 1))).toBe('tooLarge');
  });
});
