import { describe, expect, it } from 'vitest';
import { ApiError } from '@/api';
import { UploadRejected } from '@/entities';
import { FOLLOWERS, inChannel } from './audience';
import { blockReason, composeReducer, emptyCompose, resumeCompose, toPost, type ComposeAction, type ComposeState } from './machine';

let keys = 0;
const reduce = composeReducer(() => `k${(keys += 1)}`);
const file = new File(['x'], 'a.jpg', { type: 'image/jpeg' });
const photo = (id: string) => ({ id, file, previewUrl: `blob:${id}` });
const run = (actions: ComposeAction[], from: ComposeState = emptyCompose('k0', '', FOLLOWERS)) => actions.reduce(reduce, from);

describe('composing a post', () => {
  it('needs words or a photo', () => {
    expect(blockReason(run([]))).toBe('empty');
    expect(blockReason(run([{ type: 'body', body: '   ' }]))).toBe('empty');
    expect(blockReason(run([{ type: 'body', body: 'Day 41' }]))).toBeNull();
  });

  it('takes a photo from queued to ready, and cannot be posted on the way', () => {
    let state = run([{ type: 'add', photos: [photo('a')] }]);
    expect(blockReason(state)).toBe('uploading');
    state = run([{ type: 'uploading', id: 'a', progress: 0.5 }], state);
    expect(state.photos[0]).toMatchObject({ state: 'uploading', progress: 0.5 });
    state = run([{ type: 'processing', id: 'a' }], state);
    expect(blockReason(state)).toBe('uploading');
    state = run([{ type: 'ready', id: 'a', mediaId: 'm1' }, { type: 'alt', id: 'a', alt: ' Noor asleep ' }], state);
    expect(blockReason(state)).toBeNull();
    expect(toPost(state)).toEqual({ channel_id: null, body: '', media: [{ media_id: 'm1', alt: 'Noor asleep' }] });
  });

  it('offers another try after a failure, but not for a picture that cannot be read', () => {
    const failed = run([{ type: 'add', photos: [photo('a')] }, { type: 'failed', id: 'a', error: new ApiError('network', 0, '') }]);
    expect(blockReason(failed)).toBe('failed');
    expect(run([{ type: 'retry', id: 'a' }], failed).photos[0]?.state).toBe('queued');
    const rejected = run([{ type: 'add', photos: [photo('a')] }, { type: 'failed', id: 'a', error: new UploadRejected('photo_corrupt') }]);
    expect(blockReason(rejected)).toBe('rejected');
    expect(run([{ type: 'retry', id: 'a' }], rejected).photos[0]?.state).toBe('failed');
  });

  it('ignores reports about a photo that was removed', () => {
    const state = run([{ type: 'add', photos: [photo('a')] }, { type: 'remove', id: 'a' }]);
    expect(run([{ type: 'ready', id: 'a', mediaId: 'm' }], state)).toBe(state);
  });

  it('holds ten photos', () => {
    const many = Array.from({ length: 12 }, (_, index) => photo(String(index)));
    expect(run([{ type: 'add', photos: many }]).photos).toHaveLength(10);
  });

  it('refuses a text that is too long, counted as the server counts', () => {
    expect(blockReason(run([{ type: 'body', body: '👶'.repeat(5000) }]))).toBeNull();
    expect(blockReason(run([{ type: 'body', body: '👶'.repeat(5001) }]))).toBe('too_long');
  });

  it('goes nowhere before it is known where', () => {
    const state = run([{ type: 'body', body: 'a' }], emptyCompose('k0'));
    expect(blockReason(state)).toBe('place');
    expect(toPost(run([{ type: 'place', place: inChannel('c') }], state)).channel_id).toBe('c');
  });

  it('sends a picture again that the server has swept, and keeps what was said about it', () => {
    const state = run([{ type: 'add', photos: [photo('a')] }, { type: 'alt', id: 'a', alt: 'Noor' }, { type: 'ready', id: 'a', mediaId: 'm' }]);
    expect(run([{ type: 'sendAgain', ids: ['a'] }], state).photos[0]).toMatchObject({ state: 'queued', mediaId: null, alt: 'Noor' });
  });

  it('keeps its idempotency key until the content changes', () => {
    const state = run([{ type: 'body', body: 'a' }, { type: 'add', photos: [photo('a')] }]);
    expect(run([{ type: 'uploading', id: 'a', progress: 1 }], state).key).toBe(state.key);
    expect(run([{ type: 'body', body: 'b' }], state).key).not.toBe(state.key);
  });

  it('goes on under the key it may have been posted under, unless it goes elsewhere', () => {
    const begun = { body: 'Day 41', place: inChannel('c'), photos: [], key: 'posted' };
    const resume = (place: ReturnType<typeof inChannel>) => resumeCompose(() => 'new', begun, place);
    expect(resume(inChannel('c')).key).toBe('posted');
    expect(resume(inChannel('d')).key).toBe('new');
    expect(run([{ type: 'body', body: 'Day 42' }], resume(inChannel('c'))).key).not.toBe('posted');
  });
});
