// HEIC and AVIF where the browser cannot open them. Each decoder is a WebAssembly file that is fetched when the first
// such picture is there, and only then. Runs in the worker, whose policy allows it.
import avifUrl from '@jsquash/avif/codec/dec/avif_dec.wasm?url';
import heicUrl from 'libheif-js/libheif-wasm/libheif.wasm?url';
import type { Bytes } from './bytes';
import { Refused } from './refusal';

/** The pixels of the main picture. HEIC comes turned as the file says, AVIF as it is stored. */
export async function convert(kind: 'heic' | 'avif', bytes: Bytes): Promise<ImageData> {
  return kind === 'heic' ? convertHeic(bytes) : convertAvif(bytes);
}

async function convertHeic(bytes: Bytes): Promise<ImageData> {
  const [{ default: start }, wasmBinary] = await load(import('libheif-js/libheif-wasm/libheif.js'), heicUrl);
  const heif = await ready(start as (options: object) => unknown as (options: object) => LibHeif, wasmBinary);
  const context = heif.heif_context_alloc();
  const read = heif.heif_context_read_from_memory(context, bytes);
  if (read.code !== heif.heif_error_code.heif_error_Ok) throw new Refused('corrupt');
  const handle = heif.heif_js_context_get_primary_image_handle(context);
  if (!handle || handle.code) throw new Refused('corrupt');
  const image = heif.heif_js_decode_image2(handle, heif.heif_colorspace.heif_colorspace_RGB, heif.heif_chroma.heif_chroma_interleaved_RGBA);
  if (!image || image.code) throw new Refused('heic');
  const plane = image.channels.find(({ id }) => id === heif.heif_channel.heif_channel_interleaved);
  if (!plane) throw new Refused('heic');
  const pixels = new ImageData(plane.width, plane.height);
  for (let row = 0; row < plane.height; row += 1) {
    pixels.data.set(plane.data.subarray(row * plane.stride, row * plane.stride + 4 * plane.width), row * plane.width * 4);
  }
  // Nothing is freed: the worker ends after a conversion, so that what a hostile file did to its memory ends too.
  return pixels;
}

/** Some of Emscripten's builds say that they are ready by a call, and do so before they return. */
async function ready(start: (options: object) => LibHeif, wasmBinary: ArrayBuffer): Promise<LibHeif> {
  let heif: LibHeif | null = null;
  await new Promise<void>((resolve, reject) => {
    heif = start({ wasmBinary, onRuntimeInitialized: resolve, onAbort: () => reject(new Refused('heic')), print: () => undefined, printErr: () => undefined });
  });
  if (!heif) throw new Refused('heic');
  return heif;
}

async function convertAvif(bytes: Bytes): Promise<ImageData> {
  const [{ default: start }, wasmBinary] = await load(import('@jsquash/avif/codec/dec/avif_dec.js'), avifUrl);
  const avif = await start({ wasmBinary, noInitialRun: true });
  const pixels = avif.decode(bytes.buffer, 8);
  if (!pixels) throw new Refused('avif');
  return pixels;
}

async function load<Glue>(glue: Promise<Glue>, url: string): Promise<[Glue, ArrayBuffer]> {
  try {
    // A file of the client itself, without a token: not what the client of the API is for.
    // eslint-disable-next-line no-restricted-globals
    const answer = fetch(url).then((response) => (response.ok ? response.arrayBuffer() : Promise.reject(new TypeError(`${response.status}`))));
    return await Promise.all([glue, answer]);
  } catch {
    throw new Refused('converter');
  }
}

interface LibHeif {
  heif_context_alloc: () => object;
  heif_context_read_from_memory: (context: object, bytes: Uint8Array) => { code: unknown };
  heif_js_context_get_primary_image_handle: (context: object) => { code?: unknown } | null;
  heif_js_decode_image2: (handle: object, colorspace: unknown, chroma: unknown) => { code?: unknown; channels: { id: unknown; width: number; height: number; stride: number; data: Uint8Array }[] } | null;
  heif_error_code: { heif_error_Ok: unknown };
  heif_colorspace: { heif_colorspace_RGB: unknown };
  heif_chroma: { heif_chroma_interleaved_RGBA: unknown };
  heif_channel: { heif_channel_interleaved: unknown };
}
