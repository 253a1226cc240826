// Pixels made smaller and turned, and written as a file again. Works in a worker and in a page.
import { isUpright, type Pose } from './pose';
import { withProfile } from './png';
import type { Bytes } from './bytes';

/** The server keeps at most 2048 pixels of the longest side; the rest is room for its own resizing. */
export const MAX_SIDE = 2560;

type Canvas = OffscreenCanvas | HTMLCanvasElement;
type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;
export type Drawable = ImageBitmap | Canvas;

/** This browser cannot draw, or does not let us see what it drew. */
export class CannotDraw extends Error {
  override readonly name = 'CannotDraw';
}

export function fit(width: number, height: number): { width: number; height: number } {
  const share = Math.min(1, MAX_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * share)), height: Math.max(1, Math.round(height * share)) };
}

/** Decodes at no more than the size that is needed: phones have little memory, and a limit for canvases. */
export async function decode(source: Blob | ImageData, stored: { width: number; height: number }): Promise<ImageBitmap> {
  const { width, height } = stored;
  const isLarge = Math.max(width, height) > MAX_SIDE;
  // One side only: the other follows, also where the picture has been turned by its decoder.
  const options: ImageBitmapOptions = isLarge ? { resizeQuality: 'high', ...(width >= height ? { resizeWidth: MAX_SIDE } : { resizeHeight: MAX_SIDE }) } : {};
  return createImageBitmap(source, options);
}

/** The picture upright, within `MAX_SIDE`, on white. */
export function draw(source: Drawable, pose: Pose): Canvas {
  const { width, height } = fit(source.width, source.height);
  const isLying = pose.quarters % 2 === 1;
  const canvas = makeCanvas(isLying ? height : width, isLying ? width : height);
  const context = contextOf(canvas);
  // Where it is transparent, the server shows white as well.
  context.fillStyle = '#fff';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = 'high';
  const cos = [1, 0, -1, 0][pose.quarters] ?? 1;
  const sin = [0, 1, 0, -1][pose.quarters] ?? 0;
  const mirror = pose.isMirrored ? -1 : 1;
  context.setTransform(cos * mirror, sin * mirror, -sin, cos, canvas.width / 2, canvas.height / 2);
  context.drawImage(source, -width / 2, -height / 2, width, height);
  return canvas;
}

export async function encode(canvas: Canvas, type: 'image/jpeg' | 'image/png', quality?: number): Promise<Blob> {
  const blob = 'convertToBlob' in canvas ? await canvas.convertToBlob({ type, quality }) : await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  if (blob?.type !== type) throw new CannotDraw(`no ${type}`);
  return blob;
}

/** Pixels whose colours are meant in `profile`, in the browser's own. It knows profiles of files only, so it gets one. */
export async function inProfile(pixels: ImageData, profile: Bytes): Promise<ImageBitmap> {
  const small = await decode(pixels, pixels);
  const png = await encode(draw(small, { isMirrored: false, quarters: 0 }), 'image/png');
  small.close();
  return createImageBitmap(new Blob([withProfile(new Uint8Array(await png.arrayBuffer()), profile)], { type: 'image/png' }));
}

/**
 * Some browsers answer with noise or white when pixels are read back, so that nobody is recognised by them. A picture
 * must not leave like that.
 */
export function checkCanvas(): void {
  const canvas = makeCanvas(8, 8);
  const context = contextOf(canvas);
  const colors = ['#c81e3c', '#1e3cc8', '#3cc81e', '#141414'];
  colors.forEach((color, index) => {
    context.fillStyle = color;
    context.fillRect(2 * index, 0, 2, 8);
  });
  const { data } = context.getImageData(0, 0, 8, 8);
  const isTrue = [...data].every((value, at) => {
    const pixel = Math.floor(at / 4) % 8;
    const color = colors[Math.floor(pixel / 2)] ?? '';
    const expected = at % 4 === 3 ? 255 : Number.parseInt(color.slice(1 + 2 * (at % 4), 3 + 2 * (at % 4)), 16);
    return Math.abs(value - expected) <= 4;
  });
  if (!isTrue) throw new CannotDraw('what is read back is not what was drawn');
}

export function needsNoDrawing(pose: Pose, width: number, height: number): boolean {
  return isUpright(pose) && Math.max(width, height) <= MAX_SIDE;
}

function makeCanvas(width: number, height: number): Canvas {
  if (typeof OffscreenCanvas !== 'undefined') return new OffscreenCanvas(width, height);
  if (typeof document === 'undefined') throw new CannotDraw('no canvas in a worker');
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

function contextOf(canvas: Canvas): Context {
  const context = canvas.getContext('2d') as Context | null;
  if (!context) throw new CannotDraw('no context');
  return context;
}
