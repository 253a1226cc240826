// From the file somebody chose to the file that is uploaded: upright, no larger than the server keeps, and without a
// word about who took it where. The server believes none of it and does it all again; other clients need not.
import { movesInBytes } from '../animation';
import type { Bytes, Facts } from './bytes';
import { checkCanvas, decode, draw, encode, inProfile, needsNoDrawing, type Drawable } from './draw';
import { readGif } from './gif';
import { readHeif, type HeifFacts } from './heif';
import { readJpeg, withOrientation } from './jpeg';
import { readPng } from './png';
import { isUpright, orientationFor, poseOf, turned, type Pose, type Rotation } from './pose';
import { Refused, refuse } from './refusal';
import { sniff, type PictureKind, type RarePicture } from './sniff';
import { readWebp } from './webp';

export interface Prepared {
  blob: Blob;
  /** It moves, and will be a still. */
  isAnimated: boolean;
}

/** Decodes what the browser cannot; absent where the page's policy does not allow it. */
export type Converter = (kind: 'heic' | 'avif', bytes: Bytes) => Promise<ImageData>;

const MAX_PIXELS = 64 << 20;
const MAX_LONGEST = 32_768;
const QUALITIES = [0.85, 0.7, 0.55];
/** A photo as PNG takes more than a byte for a pixel; screenshots and drawings take less, and stay as crisp as they are. */
const PHOTO_BYTES_PER_PIXEL = 1;
/** JPEG above this was saved for printing. */
const GENEROUS_BYTES_PER_PIXEL = 0.5;
/** Below, or when less than a fifth is saved, another generation of JPEG is not worth it. */
const SMALL_BYTES = 400_000;
const WORTH_IT = 0.8;

type Simple = Exclude<PictureKind, 'heic' | 'avif'>;
const READERS: Record<Simple, (bytes: Bytes) => Facts> = { jpeg: readJpeg, png: readPng, gif: readGif, webp: readWebp };

export async function prepare(file: Blob, rotation: Rotation, converter: Converter | null): Promise<Prepared> {
  const bytes = await read(file);
  const kind = sniff(bytes);
  const refused = refuse(kind, bytes.length);
  if (refused) throw refused;
  if (kind === 'heic' || kind === 'avif') return prepareHeif(kind, bytes, rotation, converter);
  if (kind in READERS) return prepareSimple(kind as Simple, file, bytes, rotation);
  return prepareRare(kind as RarePicture, file, rotation);
}

async function read(file: Blob): Promise<Bytes> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    // A file in a cloud that has not been downloaded, one that was moved or changed, or one too large to hold.
    throw new Refused(error instanceof DOMException && error.name !== 'NotReadableError' && error.name !== 'NotFoundError' ? 'no_memory' : 'unreadable');
  }
}

async function prepareSimple(kind: Simple, file: Blob, bytes: Bytes, rotation: Rotation): Promise<Prepared> {
  const type = `image/${kind}`;
  const isAnimated = movesInBytes(bytes);
  let facts: Facts;
  try {
    facts = READERS[kind](bytes);
  } catch {
    throw new Refused('corrupt');
  }
  const { width, height, stripped } = facts;
  checkDimensions(width, height);
  const pose = turned(poseOf(facts.orientation), rotation);
  const asItIs = stripped.length === bytes.length && file.type === type ? file : new Blob([stripped], { type });
  // An animation stays one up to the server, which may know more one day; it is a still when it has to be turned.
  const mayStay = needsNoDrawing(pose, width, height) || (isUpright(pose) && (isAnimated || kind === 'gif'));
  if (mayStay && !isGenerous(kind, asItIs.size, width * height, isAnimated)) return { blob: asItIs, isAnimated };
  try {
    checkCanvas();
    const bitmap = await decode(asItIs, { width, height });
    const drawn = await redraw(bitmap, pose, isDrawing(kind, asItIs.size, width * height) ? 'image/png' : 'image/jpeg', isUpright(pose) ? undefined : bytes.length);
    bitmap.close();
    const isBetter = !isUpright(pose) || drawn.size < asItIs.size * (mayStay ? WORTH_IT : 1);
    return { blob: isBetter ? drawn : asItIs, isAnimated };
  } catch {
    // It cannot be opened or drawn here. The server can do both, and knows best whether the picture is damaged.
    if (isUpright(pose)) return { blob: asItIs, isAnimated };
    if (kind === 'jpeg') return { blob: new Blob([withOrientation(stripped, orientationFor(pose))], { type }), isAnimated };
    throw new Refused(rotation === 0 ? 'corrupt' : 'no_memory');
  }
}

async function prepareHeif(kind: 'heic' | 'avif', bytes: Bytes, rotation: Rotation, converter: Converter | null): Promise<Prepared> {
  let facts: HeifFacts;
  try {
    facts = readHeif(bytes);
  } catch {
    throw new Refused('corrupt');
  }
  checkDimensions(facts.width || 1, facts.height || 1);
  checkCanvas();
  // The browser turns as the file says. What EXIF says of turning does not count in these formats.
  const native = await decode(new Blob([bytes], { type: `image/${kind}` }), facts).catch(() => null);
  let [source, pose]: [Drawable | null, Pose] = [native, { isMirrored: false, quarters: 0 }];
  if (!source) {
    if (!converter) throw new Refused(kind);
    if (kind === 'avif' && (await opensAvif())) throw new Refused('corrupt');
    const pixels = await converted(kind, bytes, converter);
    if (kind === 'avif') pose = facts.pose;
    source = await inTrueColors(pixels, facts);
  }
  const blob = await redraw(source, turned(pose, rotation), 'image/jpeg');
  return { blob, isAnimated: facts.isAnimated };
}

async function converted(kind: 'heic' | 'avif', bytes: Bytes, converter: Converter): Promise<ImageData> {
  try {
    return await converter(kind, bytes);
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(error instanceof RangeError ? 'no_memory' : kind);
  }
}

async function inTrueColors(pixels: ImageData, { profile, isDisplayP3 }: HeifFacts): Promise<ImageBitmap> {
  if (profile) {
    const bitmap = await inProfile(pixels, profile.slice()).catch(() => null);
    if (bitmap) return bitmap;
  }
  const source = isDisplayP3 && !profile ? new ImageData(pixels.data, pixels.width, pixels.height, { colorSpace: 'display-p3' }) : pixels;
  return decode(source, pixels);
}

/** BMP, TIFF and the like, which some browsers open; the server does not. */
async function prepareRare(kind: RarePicture, file: Blob, rotation: Rotation): Promise<Prepared> {
  try {
    checkCanvas();
    const bitmap = await createImageBitmap(file);
    checkDimensions(bitmap.width, bitmap.height);
    const pose = turned({ isMirrored: false, quarters: 0 }, rotation);
    return { blob: await redraw(bitmap, pose, kind === 'bmp' || kind === 'ico' ? 'image/png' : 'image/jpeg'), isAnimated: false };
  } catch (error) {
    throw error instanceof Refused ? error : new Refused('rare');
  }
}

/** Drawn anew; a JPEG stays below `limit` bytes if a lower quality can do it. */
async function redraw(source: Drawable, pose: Pose, type: 'image/png' | 'image/jpeg', limit = Number.POSITIVE_INFINITY): Promise<Blob> {
  const canvas = draw(source, pose);
  if (type === 'image/png') return clean(await encode(canvas, type), readPng);
  let jpeg = await encode(canvas, 'image/jpeg', QUALITIES[0]);
  for (const quality of QUALITIES.slice(1)) {
    if (jpeg.size < limit) break;
    jpeg = await encode(canvas, 'image/jpeg', quality);
  }
  return clean(jpeg, readJpeg);
}

/** Some browsers write metadata of their own. */
async function clean(blob: Blob, reader: (bytes: Bytes) => Facts): Promise<Blob> {
  return new Blob([reader(new Uint8Array(await blob.arrayBuffer())).stripped], { type: blob.type });
}

function isGenerous(kind: Simple, size: number, pixels: number, isAnimated: boolean): boolean {
  if (size < SMALL_BYTES || isAnimated) return false;
  if (kind === 'png') return size > pixels * PHOTO_BYTES_PER_PIXEL;
  return kind === 'jpeg' && size > pixels * GENEROUS_BYTES_PER_PIXEL;
}

/** Screenshots and drawings, which JPEG would blur. */
function isDrawing(kind: Simple, size: number, pixels: number): boolean {
  return kind === 'gif' || (kind === 'png' && (size < SMALL_BYTES || size <= pixels * PHOTO_BYTES_PER_PIXEL));
}

function checkDimensions(width: number, height: number): void {
  if (width === 0 || height === 0) throw new Refused('corrupt');
  if (width * height > MAX_PIXELS || Math.max(width, height) > MAX_LONGEST) throw new Refused('too_many_pixels');
}

/** Whether this browser knows the format, so that a picture that does not open is a damaged one. */
async function opensAvif(): Promise<boolean> {
  const sample = Uint8Array.from(atob(AVIF_PIXEL), (letter) => letter.charCodeAt(0));
  return createImageBitmap(new Blob([sample], { type: 'image/avif' })).then(
    () => true,
    () => false,
  );
}

const AVIF_PIXEL =
  'AAAAHGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZgAAAOltZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAABAAAAHmlsb2MAAAAARAAAAQABAAAAAQAAAQ0AAAAYAAAAKGlpbmYAAAAAAAEAAAAaaW5mZQIAAAAAAQAAYXYwMUNvbG9yAAAAAGhpcHJwAAAASWlwY28AAAAUaXNwZQAAAAAAAAABAAAAAQAAAA5waXhpAAAAAAEIAAAADGF2MUOBABwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAAIG1kYXQSAAoHGAAGmAhoNTILHsVZ3/4sAJA1kSA=';
