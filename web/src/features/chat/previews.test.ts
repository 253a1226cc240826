import { afterEach, expect, it, vi } from 'vitest';
import { notePreview, previewOfFile, previewOfMedia, releaseAllPreviews, releasePreviews } from './previews';

let made = 0;
vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${(made += 1)}`);
const revoke = vi.spyOn(URL, 'revokeObjectURL').mockImplementation(() => undefined);
const file = () => new Blob(['x']);

afterEach(() => {
  releaseAllPreviews();
  revoke.mockClear();
});

it('has one address for a picture, however often the store is read and also once it is uploaded', () => {
  const url = previewOfFile('m', 0, file());
  expect(previewOfFile('m', 0, file())).toBe(url);
  expect(previewOfFile('m', 1, file())).not.toBe(url);
  expect(previewOfMedia('m', 0, 'media')).toBe(url);
  expect(previewOfMedia('other', 0, 'media')).toBeNull();
});

it('lets go of the pictures of a message and of no other', () => {
  notePreview('media', 'blob:media');
  const mine = previewOfFile('m', 1, file());
  const others = previewOfFile('m2', 1, file());
  releasePreviews('m', ['media']);
  expect(revoke.mock.calls.flat().toSorted()).toEqual([mine, 'blob:media'].toSorted());
  releaseAllPreviews();
  expect(revoke).toHaveBeenLastCalledWith(others);
});
