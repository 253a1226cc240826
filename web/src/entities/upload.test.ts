import { describe, expect, it } from 'vitest';
import { en } from '@/i18n/en';
import { MAX_BYTES, checkFile, rejectionOf } from './upload';

const file = (name: string, type: string, size = 1000) => ({ name, type, size });

describe('choosing a picture', () => {
  it('takes what the server takes', () => {
    for (const type of ['image/jpeg', 'image/png', 'image/webp', 'image/gif']) expect(checkFile(file('a', type))).toBeNull();
  });

  it('knows HEIC by its type and, where the browser has none, by its name', () => {
    expect(checkFile(file('a.bin', 'image/heic'))).toBe('heic');
    expect(checkFile(file('IMG_1.HEIC', ''))).toBe('heic');
  });

  it('knows AVIF', () => {
    expect(checkFile(file('a.avif', ''))).toBe('avif');
    expect(checkFile(file('a', 'image/avif'))).toBe('avif');
  });

  it('refuses other files and what is too large', () => {
    expect(checkFile(file('a.pdf', 'application/pdf'))).toBe('wrongType');
    expect(checkFile(file('a.svg', 'image/svg+xml'))).toBe('wrongType');
    expect(checkFile(file('a.jpg', 'image/jpeg', MAX_BYTES + 1))).toBe('tooLarge');
  });
});

describe('a picture that the server cannot use', () => {
  it('has a sentence of its own for every reason, and one for reasons that are not known yet', () => {
    const reasons = ['empty', 'not_an_image', 'heic', 'avif', 'too_many_pixels', 'too_complex', 'too_large', 'corrupt'];
    const sentences = reasons.map((reason) => en.errors[rejectionOf(reason)]);
    expect(new Set(sentences).size).toBe(reasons.length);
    for (const sentence of sentences) expect(sentence).toMatch(/Please /);
    for (const reason of ['new_reason', 'type_mismatch', null]) expect(rejectionOf(reason)).toBe('photo_rejected');
  });
});
