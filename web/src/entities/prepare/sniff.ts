// What a file is, by its first bytes. Names and declared types are what somebody said about it.

/** What the server takes in; `heic` and `avif` are converted before. */
export type PictureKind = 'jpeg' | 'png' | 'gif' | 'webp' | 'heic' | 'avif';

/** Pictures that some browsers can open and the server cannot. */
export type RarePicture = 'bmp' | 'tiff' | 'jxl' | 'ico';

/** What people choose by mistake; each has a sentence of its own. */
export type NoPicture = 'empty' | 'pdf' | 'video' | 'audio' | 'svg' | 'document' | 'unknown';

export type Kind = PictureKind | RarePicture | NoPicture;

/** As many bytes as `sniff` looks at. */
export const SNIFFED_BYTES = 1024;

const HEIC_BRANDS = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'hevm', 'hevs', 'mif1', 'msf1', 'mif2'];
const AUDIO_BRANDS = ['M4A ', 'M4B ', 'F4A '];

export function sniff(bytes: Uint8Array): Kind {
  if (bytes.length === 0) return 'empty';
  const text = latin(bytes.subarray(0, SNIFFED_BYTES));
  const starts = (...signatures: string[]) => signatures.some((signature) => text.startsWith(signature));
  if (starts('\xff\xd8\xff')) return 'jpeg';
  if (starts('\x89PNG\r\n\x1a\n')) return 'png';
  if (starts('GIF87a', 'GIF89a')) return 'gif';
  if (starts('RIFF')) return riff(text.slice(8, 12));
  if (text.slice(4, 8) === 'ftyp') return isoMedia(brandsOf(bytes));
  if (starts('BM') && bytes.length > 26 && text.slice(6, 10) === '\0\0\0\0') return 'bmp';
  // RAW photos of most cameras are TIFF files too.
  if (starts('II*\0', 'MM\0*', 'IIRO', 'IIU\0', 'FUJIFILMCCD-RAW')) return 'tiff';
  if (starts('\xff\x0a', '\0\0\0\x0cJXL \r\n\x87\n')) return 'jxl';
  if (starts('\0\0\x01\0')) return 'ico';
  if (text.includes('%PDF-')) return 'pdf';
  if (starts('\x1aE\xdf\xa3', 'FLV', '\0\0\x01\xba', '\0\0\x01\xb3') || ['moov', 'mdat', 'wide'].includes(text.slice(4, 8))) return 'video';
  if (starts('ID3', 'OggS', 'fLaC', '\xff\xfb', '\xff\xf1', '\xff\xf3')) return 'audio';
  if (/<svg[\s>]/i.test(text)) return 'svg';
  if (starts('PK\x03\x04', '{\\rtf', '\xd0\xcf\x11\xe0') || isText(text)) return 'document';
  return 'unknown';
}

function riff(form: string): Kind {
  return ({ WEBP: 'webp', 'AVI ': 'video', WAVE: 'audio' } as const)[form] ?? 'unknown';
}

/** The brands a file of the ISO base media format names, the major one first. */
export function brandsOf(bytes: Uint8Array): string[] {
  const text = latin(bytes.subarray(0, SNIFFED_BYTES));
  const end = Math.min(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0), text.length);
  const brands = [text.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(text.slice(at, at + 4));
  return brands;
}

function isoMedia(brands: string[]): Kind {
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'avif';
  if (brands.some((brand) => HEIC_BRANDS.includes(brand))) return 'heic';
  if (brands[0] === 'crx ') return 'tiff';
  return AUDIO_BRANDS.includes(brands[0] ?? '') ? 'audio' : 'video';
}

/** No byte that texts do not have; UTF-8's own are above 0x7f. */
function isText(text: string): boolean {
  // eslint-disable-next-line no-control-regex
  return !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text);
}

export function latin(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
