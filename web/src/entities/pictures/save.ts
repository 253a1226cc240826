// A copy of a picture for whoever may see it. The server has drawn it anew, so the file tells nothing but the picture.
import { fetchBlob, type Image } from '@/api';
import { newestImage, refreshImages, hasExpired, type ImageOwner } from '../images';

const MAX_NAME = 60;
const ENDINGS: Record<string, string> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp', 'image/avif': 'avif', 'image/gif': 'gif' };

/** Where there is a share sheet (a phone) it offers more than a folder of downloads; elsewhere a download is what one expects. */
export async function savePicture(owner: ImageOwner, image: Image): Promise<'downloaded' | 'shared' | 'cancelled'> {
  const blob = await fetchLargest(owner, image);
  const file = new File([blob], fileName(image.alt, blob.type, new Date()), { type: blob.type });
  if (matchMedia('(pointer: coarse)').matches && navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file] });
      return 'shared';
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return 'cancelled';
      // Some browsers forget the tap while the picture is fetched, and then refuse to share.
    }
  }
  download(file);
  return 'downloaded';
}

async function fetchLargest(owner: ImageOwner, image: Image): Promise<Blob> {
  let current = newestImage(image);
  if (hasExpired(current)) {
    await refreshImages(owner);
    current = newestImage(image);
  }
  const largest = current.sizes.at(-1);
  if (!largest) throw new Error('A picture without sizes.');
  return fetchBlob(largest.url);
}

/** What the picture shows, if anybody said so, else its date: "an evening sun over a field.jpg". */
export function fileName(alt: string, type: string, now: Date): string {
  const words = alt
    .normalize('NFC')
    .replace(/[^\p{L}\p{M}\p{N} _-]+/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const characters = [...words];
  const short = characters.length > MAX_NAME ? characters.slice(0, MAX_NAME).join('').replace(/\s\S*$/u, '') : words;
  const day = `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}-${String(now.getDate()).padStart(2, '0')}`;
  return `${short || `photo ${day}`}.${ENDINGS[type] ?? 'jpg'}`;
}

function download(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
