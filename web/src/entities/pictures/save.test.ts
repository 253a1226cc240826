import { describe, expect, it } from 'vitest';
import { fileName } from './save';

const day = new Date(2026, 1, 3);

describe('the name of a saved picture', () => {
  it('says what it shows, or when it was saved', () => {
    expect(fileName('An evening sun over a field.', 'image/jpeg', day)).toBe('An evening sun over a field.jpg');
    expect(fileName('', 'image/webp', day)).toBe('photo 2026-02-03.webp');
    expect(fileName('Éva és a víz', 'image/png', day)).toBe('Éva és a víz.png');
    expect(fileName('صورة', 'image/jpeg', day)).toBe('صورة.jpg');
  });

  it('is one name and not a path, and of one line', () => {
    expect(fileName('../../etc/passwd\n: "x"', 'image/jpeg', day)).toBe('etc passwd x.jpg');
    expect(fileName('\u202egpj.exe', 'image/jpeg', day)).toBe('gpj exe.jpg');
    expect(fileName('🙂🙂', 'image/jpeg', day)).toBe('photo 2026-02-03.jpg');
  });

  it('is cut between words, or at least between characters', () => {
    expect(fileName(`${'word '.repeat(40)}`, 'image/jpeg', day)).toBe(`${'word '.repeat(12).trim()}.jpg`);
    expect(fileName('𠀀'.repeat(200), 'image/jpeg', day)).toBe(`${'𠀀'.repeat(60)}.jpg`);
  });
});
