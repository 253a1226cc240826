import type { Image } from '@/api';
import { frameOf } from './frame';

export const MAX_SHOWN = 5;

/** For the browser's choice among the sizes of a picture: how wide it will be, as a share of a post's width. */
export function sizesOf(share: number): string {
  return `(min-width: 700px) ${Math.round(share * 600)}px, ${Math.round(share * 100)}vw`;
}

export function srcSetOf(image: Image): string {
  return image.sizes.map((size) => `${size.url} ${size.width}w`).join(', ');
}

/** Asks for the pictures of an `ImageGrid` before it is drawn. What it asks for has to be what the grid will show. */
export function preloadGrid(images: readonly Image[]): void {
  const shown = images.slice(0, MAX_SHOWN);
  if (shown.length === 0) return;
  const { cells } = frameOf(shown.map(({ width, height }) => width / height));
  shown.forEach((image, index) => {
    const early = new window.Image();
    early.sizes = sizesOf(cells[index]?.width ?? 1);
    early.srcset = srcSetOf(image);
  });
}
