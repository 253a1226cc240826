import { describe, expect, it } from 'vitest';
import { ApiError } from '@/api';
import { MAX_PHOTOS, reducePhotos, storedPhoto, type AddedPhoto, type Photo, type PhotoAction } from './photos';
import { UploadRejected } from './upload';

const file = new Blob(['original']);
const small = new Blob(['small']);
const added = (id: string): AddedPhoto => ({ id, file, previewUrl: `blob:${id}` });
const run = (actions: PhotoAction[], from: readonly Photo[] = []) => actions.reduce(reducePhotos, from);
const order = (photos: readonly Photo[]) => photos.map(({ id }) => id).join('');
const four = run([{ type: 'add', photos: ['a', 'b', 'c', 'd'].map(added) }]);

describe('photos being written about', () => {
  it('stand in the order in which they are put', () => {
    expect(order(run([{ type: 'move', id: 'a', to: 2 }], four))).toBe('bcad');
    expect(order(run([{ type: 'move', id: 'd', to: 0 }], four))).toBe('dabc');
    expect(order(run([{ type: 'move', id: 'b', to: 99 }], four))).toBe('acdb');
    expect(run([{ type: 'move', id: 'b', to: 1 }], four)).toBe(four);
    expect(run([{ type: 'move', id: 'x', to: 0 }], four)).toBe(four);
  });

  it('are uploaded again when they have been turned, and from the original', () => {
    const ready = run([{ type: 'prepared', id: 'a', blob: small, previewUrl: 'blob:small', isAnimated: false }, { type: 'ready', id: 'a', mediaId: 'm1' }], four);
    expect(ready[0]).toMatchObject({ state: 'ready', mediaId: 'm1', previewRotation: 0 });
    const turned = run([{ type: 'rotate', id: 'a' }], ready);
    expect(turned[0]).toMatchObject({ state: 'queued', mediaId: null, prepared: null, rotation: 90, previewRotation: 0, file });
    expect(run([{ type: 'rotate', id: 'a' }, { type: 'rotate', id: 'a' }, { type: 'rotate', id: 'a' }], turned)[0]?.rotation).toBe(0);
    expect(run([{ type: 'prepared', id: 'a', blob: small, previewUrl: 'blob:turned', isAnimated: false }], turned)[0]).toMatchObject({ previewUrl: 'blob:turned', previewRotation: 90 });
  });

  it('keep why they failed, and may be tried again unless the picture is the reason', () => {
    const failed = run([{ type: 'failed', id: 'a', error: new ApiError('network', 0, '') }], four);
    expect(run([{ type: 'retry', id: 'a' }], failed)[0]).toMatchObject({ state: 'queued', error: null });
    const rejected = run([{ type: 'failed', id: 'a', error: new UploadRejected('photo_corrupt') }], four);
    expect(rejected[0]?.error?.code).toBe('photo_corrupt');
    expect(run([{ type: 'retry', id: 'a' }, { type: 'rotate', id: 'a' }], rejected)[0]?.state).toBe('failed');
  });

  it('are no more than there may be', () => {
    const many = Array.from({ length: MAX_PHOTOS + 2 }, (_, index) => added(String(index)));
    expect(run([{ type: 'add', photos: many }, { type: 'add', photos: [added('more')] }])).toHaveLength(MAX_PHOTOS);
  });

  it('outlast the page as what was prepared, which is not turned a second time', () => {
    const [turned] = run([{ type: 'rotate', id: 'a' }, { type: 'alt', id: 'a', alt: 'Noor' }], four);
    expect(turned && storedPhoto(turned)).toMatchObject({ id: 'a', blob: file, rotation: 90, alt: 'Noor', mediaId: null });
    const prepared = run([{ type: 'rotate', id: 'a' }, { type: 'prepared', id: 'a', blob: small, previewUrl: 'blob:s', isAnimated: true }, { type: 'ready', id: 'a', mediaId: 'm1' }], four);
    const stored = prepared[0] && storedPhoto(prepared[0]);
    expect(stored).toEqual({ id: 'a', blob: small, rotation: 0, alt: '', mediaId: 'm1', isAnimated: true });
    const again = run([{ type: 'add', photos: [{ id: 'a', file: small, previewUrl: 'blob:again', ...(stored ? { stored } : {}) }] }]);
    expect(again[0]).toMatchObject({ state: 'ready', mediaId: 'm1', isAnimated: true, rotation: 0, previewRotation: 0 });
  });
});
