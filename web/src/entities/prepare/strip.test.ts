// Taking metadata out of files without touching a pixel: over generated files, and over real ones.
import { readFileSync, readdirSync } from 'node:fs';
import { join as path } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Malformed, bytesOf, join, type Bytes, type Facts } from './bytes';
import { orientationOf, orientationSegment } from './exif';
import { readGif } from './gif';
import { readHeif } from './heif';
import { readJpeg, withOrientation } from './jpeg';
import { readPng } from './png';
import { isUpright, orientationFor, poseOf, turned } from './pose';
import { sniff } from './sniff';
import { readWebp } from './webp';

/** Mulberry32: the same files every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SECRET = 'SECRET-52.52,13.40';
const latin = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const u16 = (value: number) => String.fromCharCode(value >> 8, value & 255);
const u32 = (value: number) => u16(value >>> 16) + u16(value & 0xffff);
const little = (value: number) => [...u32(value)].toReversed().join('');
const shuffled = <Item>(items: Item[], next: () => number) => items.map((item) => [next(), item] as const).toSorted(([a], [b]) => a - b).map(([, item]) => item);

const segment = (marker: number, content: string) => `\xff${String.fromCharCode(marker)}${u16(content.length + 2)}${content}`;
const exif = (orientation: number) => `${latin(orientationSegment(orientation)).slice(4)}${SECRET}`;
const FRAME = segment(0xc0, `\x08${u16(48)}${u16(64)}\x01\x01\x11\0`);
const SCAN = `${segment(0xda, '\x01\x01\0\0\x3f\0')}pixels\xff\0more\xff\xd0pixels`;
const METADATA = [
  segment(0xe1, `http://ns.adobe.com/xap/1.0/\0${SECRET}`),
  segment(0xe1, `http://ns.adobe.com/xmp/extension/\0${SECRET}`),
  segment(0xed, `Photoshop 3.0\0${SECRET}`),
  segment(0xe2, `MPF\0${SECRET}`),
  segment(0xe2, `FPXR\0${SECRET}`),
  segment(0xe0, `JFXX\0${SECRET}`),
  segment(0xe4, SECRET),
  segment(0xef, SECRET),
  segment(0xfe, SECRET),
];
const NEEDED = [segment(0xdb, 'quantities'), segment(0xc4, 'codes'), segment(0xdd, '\0\x04'), segment(0xe2, 'ICC_PROFILE\0\x01\x01colours'), segment(0xee, 'Adobe\0d\0\0\0\0\x01')];

describe('a JPEG', () => {
  it('keeps its pixels and colours, in their order, and nothing else, in whatever order its parts come', () => {
    const next = random(41);
    for (let round = 0; round < 300; round += 1) {
      const orientation = 1 + Math.floor(next() * 8);
      const kept = shuffled(NEEDED, next).filter(() => next() < 0.8);
      const parts = shuffled([...kept.map((part, index) => [index, part] as const), ...METADATA.filter(() => next() < 0.6).map((part) => [-1, part] as const)], next);
      // What is needed keeps the order it was given.
      let turn = 0;
      const body = parts.map(([index, part]) => (index < 0 ? part : (kept[turn++] ?? '')));
      body.splice(Math.floor(next() * (body.length + 1)), 0, segment(0xe1, exif(orientation)));
      if (next() < 0.5) body.splice(0, 0, segment(0xe0, `JFIF\0\x01\x01\0${u16(1)}${u16(1)}\x02\x02${SECRET}`));
      const fill = next() < 0.3 ? '\xff\xff' : '';
      const file = bytesOf(`\xff\xd8${body.join(fill)}${FRAME}${SCAN}${next() < 0.5 ? METADATA[0] : ''}${SCAN}\xff\xd9${next() < 0.5 ? `\0\0ftypmp42${SECRET}` : ''}`);
      const facts = readJpeg(file);
      const text = latin(facts.stripped);
      expect(facts).toMatchObject({ width: 64, height: 48, orientation });
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain('\xff\xe1');
      const start = text.slice(6, 10) === 'JFIF' ? 20 : 2;
      expect(text.slice(start)).toBe(`${kept.join('')}${FRAME}${SCAN}${SCAN}\xff\xd9`);
      // Again changes nothing.
      expect(readJpeg(facts.stripped).stripped).toEqual(facts.stripped);
    }
  });

  it('can say which side is up and nothing else', () => {
    const { stripped } = readJpeg(bytesOf(`\xff\xd8${segment(0xe1, exif(6))}${FRAME}${SCAN}\xff\xd9`));
    for (let orientation = 1; orientation <= 8; orientation += 1) expect(readJpeg(withOrientation(stripped, orientation)).orientation).toBe(orientation);
  });
});

const pngChunk = (kind: string, content: string) => `${u32(content.length)}${kind}${content}\0\0\0\0`;
const riffChunk = (kind: string, content: string) => `${kind}${little(content.length)}${content}${content.length % 2 ? '\0' : ''}`;
const riff = (chunks: string) => `RIFF${little(chunks.length + 4)}WEBP${chunks}`;
const SIGNATURE = '\x89PNG\r\n\x1a\n';

describe('other formats', () => {
  it('PNG loses words, times, EXIF and what lies behind its end', () => {
    const next = random(42);
    const header = pngChunk('IHDR', `${u32(64)}${u32(48)}\x08\x02\0\0\0`);
    const [colours, pixels, end] = [pngChunk('iCCP', 'p\0\0x'), pngChunk('IDAT', 'pixels'), pngChunk('IEND', '')];
    for (let round = 0; round < 100; round += 1) {
      const secrets = () => shuffled(['tEXt', 'iTXt', 'zTXt', 'tIME', 'prVt', 'eXIf', 'pHYs'], next).filter(() => next() < 0.5).map((kind) => pngChunk(kind, SECRET)).join('');
      const facts = readPng(bytesOf(`${SIGNATURE}${header}${secrets()}${colours}${secrets()}${pixels}${secrets()}${end}${SECRET}`));
      expect(latin(facts.stripped)).toBe(`${SIGNATURE}${header}${colours}${pixels}${end}`);
      expect(facts).toMatchObject({ width: 64, height: 48 });
    }
  });

  it('WebP loses EXIF and XMP, also in frames, and does not announce them any more', () => {
    const frame = riffChunk('ANMF', `${'\0'.repeat(16)}${riffChunk('VP8 ', 'pixels')}${riffChunk('XYZ ', SECRET)}`);
    const file = riff(`${riffChunk('VP8X', `\x2e\0\0\0${'\x3f\0\0'}${'\x2f\0\0'}`)}${riffChunk('ANIM', '\0\0\0\0\0\0')}${frame}${riffChunk('EXIF', exif(6).slice(6))}${riffChunk('XMP ', SECRET)}`);
    const facts = readWebp(bytesOf(`${file}${SECRET}`));
    expect(facts).toMatchObject({ width: 64, height: 48, orientation: 6 });
    const text = latin(facts.stripped);
    expect(text).not.toContain(SECRET);
    expect(text).not.toMatch(/EXIF|XMP /);
    expect(text.charCodeAt(20)).toBe(0x22);
    expect(new DataView(facts.stripped.buffer).getUint32(4, true)).toBe(facts.stripped.length - 8);
    expect(readWebp(facts.stripped).stripped).toEqual(facts.stripped);
  });

  it('GIF loses comments and XMP, and keeps its frames, their times and how often they repeat', () => {
    const screen = 'GIF89a\x40\0\x30\0\x80\0\0\0\0\0\xff\xff\xff';
    const [loop, time, image] = ['!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', '!\xf9\x04\0\x0a\0\0\0', ',\0\0\0\0\x40\0\x30\0\0\x02\x02LL\0'];
    const file = `${screen}!\xff\x0bXMP DataXMP\x12${SECRET}\0${loop}${time}${image}!\xfe\x12${SECRET}\0${time}${image};${SECRET}`;
    expect(latin(readGif(bytesOf(file)).stripped)).toBe(`${screen}${loop}${time}${image}${time}${image};`);
  });
});

const folder = path(import.meta.dirname, '../../../../testdata/pictures');
const real = readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(path(folder, name)))] as const);
const READERS: Partial<Record<string, (bytes: Bytes) => Facts>> = { jpeg: readJpeg, png: readPng, gif: readGif, webp: readWebp };

describe('real files', () => {
  it('are known by their bytes', () => {
    const kinds = Object.fromEntries(real.map(([name, bytes]) => [name, sniff(bytes)]));
    expect(kinds).toMatchObject({ 'really-png.jpg': 'png', 'really-pdf.jpg': 'pdf', 'turned.heic': 'heic', 'turned.avif': 'avif', 'moves.gif': 'gif', 'orientation6.jpg': 'jpeg', 'still.webp': 'webp' });
  });

  it('are not taken apart wrongly wherever they break off, or whatever byte is another', () => {
    const next = random(43);
    for (const [, bytes] of real) {
      const reader = READERS[sniff(bytes)];
      for (let round = 0; round < 200; round += 1) {
        const broken = bytes.slice(0, round % 2 ? Math.floor(next() * bytes.length) : bytes.length);
        for (let flips = 0; flips < 3 && broken.length > 16; flips += 1) broken[12 + Math.floor(next() * (broken.length - 12))] = Math.floor(next() * 256);
        try {
          if (reader) expect(reader(broken).stripped.length).toBeLessThanOrEqual(broken.length + 16);
          else if (/heic|avif/.test(sniff(broken))) readHeif(broken);
        } catch (error) {
          // Anything else would be a crash. What is said of it is the same: the picture is damaged.
          expect(error instanceof Malformed || error instanceof RangeError).toBe(true);
        }
      }
    }
  });

  it('say how HEIC and AVIF are turned, and what they measure', () => {
    const facts = (name: string) => readHeif(real.find(([each]) => each === name)?.[1] ?? new Uint8Array());
    expect(facts('turned.heic')).toMatchObject({ width: 64, height: 96, pose: { isMirrored: false, quarters: 1 } });
    expect(facts('turned.avif')).toMatchObject({ width: 64, height: 96, pose: { isMirrored: false, quarters: 1 } });
    expect(facts('wide.heic').profile?.length).toBeGreaterThan(400);
  });
});

describe('which side is up', () => {
  it('is understood in both byte orders, and ignored when it makes no sense', () => {
    expect(orientationOf(bytesOf('II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0'))).toBe(6);
    expect(orientationOf(bytesOf(`MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x08\0\0`))).toBe(8);
    expect(orientationOf(bytesOf(`MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x09\0\0`))).toBe(1);
    expect(orientationOf(bytesOf('MM\0*\xff\xff\xff\xff\0\x01\x01\x12\0\x03'))).toBe(1);
    expect(orientationOf(join([]))).toBe(1);
  });

  it('is the same after four turns, and has a number for every pose', () => {
    for (let orientation = 1; orientation <= 8; orientation += 1) {
      const pose = poseOf(orientation);
      expect(orientationFor(pose)).toBe(orientation);
      expect(turned(turned(turned(turned(pose, 90), 90), 90), 90)).toEqual(pose);
      expect(turned(pose, 270)).toEqual(turned(turned(pose, 180), 90));
    }
    expect(isUpright(turned(poseOf(8), 90))).toBe(true);
  });
});
