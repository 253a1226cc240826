// How pictures are laid out and what of each is shown. Pure. All ratios are width / height.

export interface Cell {
  /** In parts of the frame, from its start and its top. */
  x: number;
  y: number;
  width: number;
  height: number;
  /** Width / height of the cell. */
  ratio: number;
}

export interface Frame {
  ratio: number;
  cells: Cell[];
}

export interface Fit {
  fit: 'cover' | 'contain';
  /** Only the beginning of a long picture is shown. */
  isCut: boolean;
}

/** A single picture keeps its own shape between these; nobody wants to scroll past a very tall one. */
const SINGLE = { min: 0.8, max: 3 };
/** Among others a picture keeps its shape between these. */
const AMONG = { min: 0.6, max: 2.2 };
/** Several together: as close to the middle as can be, and never taller or flatter than the ends. */
const TOGETHER = { min: 0.72, middle: 1.3, max: 2.4 };
/** A crop that shows less than this of a picture may lose a face or a word: then the whole picture is shown. */
const COVER_FROM = 0.7;
/** So long that the whole would be a thread: what it begins with says more. */
const CUT_BELOW = 0.4;

const clamp = (value: number, { min, max }: { min: number; max: number }) => Math.min(max, Math.max(min, value));

/** What part of a picture is seen when it fills the cell. */
export function shownShare(picture: number, cell: number): number {
  return Math.min(picture / cell, cell / picture);
}

/**
 * Fill the cell, or show the whole on a calm ground. What fills is cut at the bottom, never at the top: faces are mostly in
 * the upper part of a picture, and a page begins there. (The style that belongs to it: `object-position: 50% 0`.)
 */
export function fitOf(picture: number, cell: number): Fit {
  const share = shownShare(picture, cell);
  if (share >= COVER_FROM) return { fit: 'cover', isCut: false };
  const isCut = picture < cell && share < CUT_BELOW;
  return { fit: isCut ? 'cover' : 'contain', isCut };
}

/** A frame for one to five pictures, in which each keeps its shape as far as it can. The cells fill the frame, in reading order. */
export function frameOf(pictures: readonly number[]): Frame {
  const [first] = pictures;
  if (first !== undefined && pictures.length === 1) return whole(clamp(first, SINGLE));
  const ratios = pictures.map((ratio) => clamp(ratio, AMONG));
  let best: Frame | undefined;
  for (const frame of [...rowFrames(ratios), ...leadFrames(ratios)]) if (!best || cost(frame) < cost(best)) best = frame;
  return best ? within(best) : whole(1);
}

function whole(ratio: number): Frame {
  return { ratio, cells: [{ x: 0, y: 0, width: 1, height: 1, ratio }] };
}

/** Far from the middle shape is bad, and so is a cell that is small beside the others. */
function cost({ ratio, cells }: Frame): number {
  const smallest = Math.min(...cells.map(({ width, height }) => width * height));
  return Math.abs(Math.log(ratio / TOGETHER.middle)) + 0.5 * Math.max(0, Math.log(1 / (smallest * cells.length)));
}

/** All ways to break the pictures into rows of at most three, each as high as lets it be as wide as the frame. */
function rowFrames(ratios: readonly number[]): Frame[] {
  return partitions(ratios).map((rows) => {
    const sums = rows.map((row) => row.reduce((sum, ratio) => sum + ratio, 0));
    const height = sums.reduce((total, sum) => total + 1 / sum, 0);
    const cells: Cell[] = [];
    let y = 0;
    rows.forEach((row, index) => {
      const sum = sums[index] ?? 1;
      let x = 0;
      for (const ratio of row) {
        cells.push({ x, y, width: ratio / sum, height: 1 / sum / height, ratio });
        x += ratio / sum;
      }
      y += 1 / sum / height;
    });
    return { ratio: 1 / height, cells };
  });
}

function partitions(ratios: readonly number[]): number[][][] {
  if (ratios.length === 0) return [[]];
  return [1, 2, 3].filter((size) => size <= ratios.length).flatMap((size) => partitions(ratios.slice(size)).map((rest) => [ratios.slice(0, size), ...rest]));
}

/** Three pictures: the first beside the two others, which stand one above the other. */
function leadFrames(ratios: readonly number[]): Frame[] {
  const [lead, upper, lower] = ratios;
  if (ratios.length !== 3 || !lead || !upper || !lower) return [];
  const column = 1 / (1 / upper + 1 / lower);
  const ratio = lead + column;
  const beside = { x: lead / ratio, width: column / ratio };
  const split = column / upper;
  return [
    {
      ratio,
      cells: [
        { x: 0, y: 0, width: lead / ratio, height: 1, ratio: lead },
        { ...beside, y: 0, height: split, ratio: upper },
        { ...beside, y: split, height: 1 - split, ratio: lower },
      ],
    },
  ];
}

/** A frame that would be too tall or too flat is pressed into shape; its cells with it. */
function within({ ratio, cells }: Frame): Frame {
  const held = clamp(ratio, TOGETHER);
  return { ratio: held, cells: cells.map((cell) => ({ ...cell, ratio: (cell.ratio * held) / ratio })) };
}
