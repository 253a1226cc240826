import { describe, expect, it } from 'vitest';
import { ApiError } from '@/api';
import { errorText, t } from '@/i18n';
import { before } from '@/i18n/en.before';
import { photoErrors } from '@/i18n/en.photos';
import { MAX_BYTES, REASONS } from './prepare/refusal';
import { UploadRejected, checkFile, reasonOf, rejectionOf, storeError } from './upload';

const jpeg = '\xff\xd8\xff\xe0';
/** Of any size that it says: only its beginning is read. */
const file = (start: string, size = 1000, name = 'IMG_1.jpg') => {
  const made = new File([Uint8Array.from(start, (letter) => letter.charCodeAt(0))], name, { type: 'image/jpeg' });
  Object.defineProperty(made, 'size', { value: size });
  return made;
};
const words = async (chosen: Blob) => {
  const error = await checkFile(chosen);
  return error && errorText(t, error);
};

describe('choosing a picture', () => {
  it('takes pictures by their bytes, whatever they are called', async () => {
    for (const start of [jpeg, '\x89PNG\r\n\x1a\n', 'GIF89a', 'RIFF\x10\0\0\0WEBPVP8 ', '\0\0\0\x18ftypheic\0\0\0\0mif1heic', '\0\0\0\x18ftypavif\0\0\0\0mif1miaf']) {
      expect(await checkFile(file(start, 1000, 'holiday.pdf'))).toBeNull();
    }
  });

  it('says what a file is when it is no picture, although it is called one', async () => {
    expect(await words(file('%PDF-1.7\n'))).toContain('This is a PDF');
    expect(await words(file('\0\0\0\x18ftypqt  \0\0\0\0qt  '))).toContain('This is a video');
    expect(await words(file('<?xml version="1.0"?><svg xmlns="x">'))).toContain('SVG');
    expect(await words(file('', 0))).toContain('empty');
  });

  it('says how large a file is that is too large, and what it may be', async () => {
    expect(await words(file(jpeg, MAX_BYTES + 1))).toContain('20.1 MB, and a picture can have up to 20 MB');
    expect(await words(file(jpeg, 31_000_000))).toContain('29.6 MB');
    expect(await checkFile(file(jpeg, MAX_BYTES))).toBeNull();
    // What it is comes first: nobody needs a smaller video.
    expect(await words(file('\0\0\0\x18ftypisom\0\0\0\0mp42', MAX_BYTES + 1))).toContain('This is a video');
  });

  it('says so when the device does not hand the file over', async () => {
    const gone = file(jpeg);
    gone.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException('', 'NotReadableError')) }) as unknown as Blob;
    const error = await checkFile(gone);
    expect(error && errorText(t, error)).toContain('did not hand over');
    // It may well be there the next time.
    expect(error).not.toBeInstanceOf(UploadRejected);
  });
});

describe('a picture that the server cannot use', () => {
  it('has a sentence of its own for every reason, and one for reasons that are not known yet', () => {
    const sentences = REASONS.map((reason) => photoErrors[rejectionOf(reason)]);
    expect(new Set(sentences).size).toBe(REASONS.length);
    for (const sentence of sentences) expect(sentence).toMatch(/[Pp]lease /);
    for (const reason of ['new_reason', 'type_mismatch', null]) expect(rejectionOf(reason)).toBe('photo_rejected');
  });

  it('tells the reasons of the server, the store and the line apart', () => {
    const field = (name: string, code: string) => reasonOf(new ApiError('invalid_request', 422, '', [{ field: name, code, message: '' }])).code;
    const codes = [
      reasonOf(new TypeError('failed to fetch')).code,
      reasonOf(new ApiError('media_quota_exceeded', 409, '')).code,
      reasonOf(new ApiError('media_quota_exceeded', 429, '')).code,
      reasonOf(new ApiError('not_found', 404, '')).code,
      field('length', 'too_large'),
      field('length', 'too_small'),
      field('content_type', 'heic_not_supported'),
      field('content_type', 'avif_not_supported'),
      field('content_type', 'unknown'),
      storeError(503).code,
      storeError(400).code,
    ];
    expect(codes).toEqual([
      'network', 'media_quota_exceeded', 'uploads_unfinished', 'upload_expired', 'photo_too_large', 'photo_empty', 'photo_heic',
      'photo_avif', 'photo_not_an_image', 'store_unavailable', 'upload_mismatch',
    ]);
    for (const code of codes) expect({ ...before.errors, ...photoErrors }).toHaveProperty(code);
    expect(storeError(413).code).toBe('photo_too_large');
    expect(storeError(403).code).toBe('upload_expired');
  });
});
