// HEIC and AVIF are files of boxes that describe items. Read here: what the main item measures, how it is to be turned,
// and its colours. Decoders are for the pixels.
import { Malformed, ascii, viewOf } from './bytes';
import { brandsOf } from './sniff';
import type { Pose } from './pose';

export interface HeifFacts {
  /** As stored, before `pose`. 0 when the file does not say. */
  width: number;
  height: number;
  pose: Pose;
  /** A profile (ICC) of the colours. */
  profile: Uint8Array | null;
  isDisplayP3: boolean;
  isAnimated: boolean;
}

interface Box {
  kind: string;
  /** Without the header. */
  content: Uint8Array;
}

const SEQUENCES = ['avis', 'msf1', 'hevc', 'hevx'];
const DISPLAY_P3 = 12;

export function readHeif(bytes: Uint8Array): HeifFacts {
  const facts: HeifFacts = { width: 0, height: 0, pose: { isMirrored: false, quarters: 0 }, profile: null, isDisplayP3: false, isAnimated: SEQUENCES.includes(brandsOf(bytes)[0] ?? '') };
  const meta = boxesOf(bytes).find(({ kind }) => kind === 'meta');
  if (!meta) return facts;
  const inside = boxesOf(meta.content.subarray(4));
  const primary = primaryOf(inside.find(({ kind }) => kind === 'pitm')?.content);
  const properties = boxesOf(inside.find(({ kind }) => kind === 'iprp')?.content);
  const all = boxesOf(properties.find(({ kind }) => kind === 'ipco')?.content);
  const own = properties.filter(({ kind }) => kind === 'ipma').flatMap(({ content }) => associationsOf(content, primary));
  // The order in which they are named is the order in which they apply.
  for (const index of own) {
    const box = all[index - 1];
    if (box) apply(facts, box);
  }
  return facts;
}

function apply(facts: HeifFacts, { kind, content }: Box): void {
  if (kind === 'ispe' && content.length >= 12) {
    facts.width = viewOf(content).getUint32(4);
    facts.height = viewOf(content).getUint32(8);
  } else if (kind === 'irot') {
    // Counted anticlockwise.
    const quarters = 4 - ((content[0] ?? 0) & 3);
    facts.pose = { ...facts.pose, quarters: (facts.pose.quarters + quarters) % 4 };
  } else if (kind === 'imir') {
    // 1 exchanges left and right; 0 exchanges top and bottom, which is the same and half a turn.
    const half = (content[0] ?? 0) & 1 ? 0 : 2;
    facts.pose = { isMirrored: !facts.pose.isMirrored, quarters: (4 - facts.pose.quarters + half) % 4 };
  } else if (kind === 'colr') {
    const type = ascii(content, 0, 4);
    if (type === 'prof' || type === 'rICC') facts.profile = content.subarray(4);
    if (type === 'nclx' && content.length >= 6) facts.isDisplayP3 = viewOf(content).getUint16(4) === DISPLAY_P3;
  }
}

function boxesOf(bytes: Uint8Array = new Uint8Array()): Box[] {
  const view = viewOf(bytes);
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    let size = view.getUint32(at);
    let header = 8;
    if (size === 1 && at + 16 <= bytes.length) {
      size = Number(view.getBigUint64(at + 8));
      header = 16;
    } else if (size === 0) {
      size = bytes.length - at;
    }
    if (size < header) throw new Malformed('a box smaller than its header');
    boxes.push({ kind: ascii(bytes, at + 4, 4), content: bytes.subarray(at + header, at + size) });
    at += size;
  }
  return boxes;
}

function primaryOf(content: Uint8Array | undefined): number {
  if (!content || content.length < 6) return 0;
  return content[0] === 0 ? viewOf(content).getUint16(4) : content.length >= 8 ? viewOf(content).getUint32(4) : 0;
}

/** Numbers, from 1, of the properties that an item has. */
function associationsOf(content: Uint8Array, item: number): number[] {
  if (content.length < 8) return [];
  const view = viewOf(content);
  const isWide = ((content[3] ?? 0) & 1) === 1;
  const idBytes = content[0] === 0 ? 2 : 4;
  const found: number[] = [];
  let at = 8;
  for (let left = view.getUint32(4); left > 0 && at + idBytes < content.length; left -= 1) {
    const id = idBytes === 2 ? view.getUint16(at) : view.getUint32(at);
    const count = content[at + idBytes] ?? 0;
    at += idBytes + 1;
    for (let index = 0; index < count && at + (isWide ? 2 : 1) <= content.length; index += 1) {
      if (id === item) found.push(isWide ? view.getUint16(at) & 0x7fff : (content[at] ?? 0) & 0x7f);
      at += isWide ? 2 : 1;
    }
  }
  return found;
}
