import { describe, expect, it } from 'vitest';
import { fitOf, frameOf, shownShare } from './frame';

/** Small and repeatable (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const PHONE_SCREEN = 1170 / 2532;
const LONG_SCREEN = 1170 / 9000;
const PORTRAIT = 3 / 4;
const LANDSCAPE = 3 / 2;

/** What part of the picture one sees in its cell. */
const seen = (picture: number, cell: number) => (fitOf(picture, cell).fit === 'contain' ? 1 : shownShare(picture, cell));

describe('what of a picture is shown', () => {
  it('is nearly all of it, or the beginning of one that is long', () => {
    for (const cell of [0.6, 0.8, 1, 1.3, 2, 3]) {
      for (let picture = 0.05; picture < 20; picture *= 1.05) {
        const { isCut } = fitOf(picture, cell);
        if (!isCut) expect(seen(picture, cell), `${picture} in ${cell}`).toBeGreaterThanOrEqual(0.7);
        else expect(picture / cell, `${picture} in ${cell}`).toBeLessThan(0.4);
      }
    }
  });

  it('is the whole screenshot, also in a square', () => {
    expect(fitOf(PHONE_SCREEN, 1)).toEqual({ fit: 'contain', isCut: false });
    expect(fitOf(LONG_SCREEN, 1)).toEqual({ fit: 'cover', isCut: true });
    expect(fitOf(PORTRAIT, 1)).toEqual({ fit: 'cover', isCut: false });
    expect(fitOf(8, 1)).toEqual({ fit: 'contain', isCut: false });
  });
});

describe('a frame', () => {
  it('of one picture has its shape within reason', () => {
    expect(frameOf([LANDSCAPE]).ratio).toBe(LANDSCAPE);
    expect(frameOf([PHONE_SCREEN]).ratio).toBe(0.8);
    expect(frameOf([20]).ratio).toBe(3);
  });

  it('puts two portraits beside each other and two landscapes one above the other', () => {
    expect(frameOf([PORTRAIT, PORTRAIT]).cells.map(({ y }) => y)).toEqual([0, 0]);
    expect(frameOf([LANDSCAPE, LANDSCAPE]).cells.map(({ x }) => x)).toEqual([0, 0]);
  });

  it('cuts nothing off usual photos, however many', () => {
    for (const pictures of [[PORTRAIT, LANDSCAPE], [PORTRAIT, PORTRAIT, LANDSCAPE], [1, 1, 1], [LANDSCAPE, PORTRAIT, 1, 1], [1, 1, LANDSCAPE, 1, PORTRAIT]]) {
      const { cells } = frameOf(pictures);
      cells.forEach((cell, index) => expect(shownShare(pictures[index] ?? 1, cell.ratio)).toBeGreaterThan(0.99));
    }
  });

  it('is filled by its cells without a gap or an overlap, whatever the pictures', () => {
    const random = seeded(7);
    for (let round = 0; round < 400; round += 1) {
      const pictures = Array.from({ length: 1 + Math.floor(random() * 5) }, () => Math.exp((random() - 0.5) * 6));
      const { ratio, cells } = frameOf(pictures);
      expect(cells).toHaveLength(pictures.length);
      expect(ratio).toBeGreaterThanOrEqual(0.72);
      expect(ratio).toBeLessThanOrEqual(3);
      expect(cells.reduce((sum, { width, height }) => sum + width * height, 0)).toBeCloseTo(1, 9);
      cells.forEach((cell, index) => {
        expect(cell.x).toBeGreaterThanOrEqual(0);
        expect(cell.y).toBeGreaterThanOrEqual(0);
        expect(cell.x + cell.width).toBeLessThan(1 + 1e-9);
        expect(cell.y + cell.height).toBeLessThan(1 + 1e-9);
        expect(((cell.width / cell.height) * ratio) / cell.ratio).toBeCloseTo(1, 9);
        // Large enough to press: a frame is at least 220 px wide.
        expect(Math.min(cell.width * 220, (cell.height * 220) / ratio)).toBeGreaterThan(24);
        for (const other of cells.slice(index + 1)) {
          const isApart = other.x >= cell.x + cell.width - 1e-9 || other.y >= cell.y + cell.height - 1e-9 || other.x + other.width <= cell.x + 1e-9;
          expect(isApart).toBe(true);
        }
        expect(fitOf(pictures[index] ?? 1, cell.ratio).isCut ? 1 : seen(pictures[index] ?? 1, cell.ratio)).toBeGreaterThanOrEqual(0.7);
      });
    }
  });
});
