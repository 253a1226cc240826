import { describe, expect, it } from 'vitest';
import { mergeDraft, type LocalDraft } from './drafts';

const local = (over: Partial<LocalDraft> = {}): LocalDraft => ({ body: 'tea', synced: 'tea', syncedAt: '2026-06-01T10:00:00Z', version: 4, ...over });
const remote = (body: string, minute = 5) => ({ body, updated_at: `2026-06-01T10:0${minute}:00Z` });

describe('a draft from another device', () => {
  it('is taken over when nothing unsaved is here', () => {
    expect(mergeDraft(local(), remote('tea or coffee'), 5)).toMatchObject({ body: 'tea or coffee', synced: 'tea or coffee', version: 5 });
  });

  it('never overwrites words that are not saved yet', () => {
    expect(mergeDraft(local({ body: 'tea at three' }), remote('coffee'), 5).body).toBe('tea at three');
  });

  it('is gone when it was sent from there', () => {
    expect(mergeDraft(local(), null, 5).body).toBe('');
  });

  it('is not brought back by an answer that is older than what is known', () => {
    expect(mergeDraft(local(), remote('coffee'), 3).body).toBe('tea');
    expect(mergeDraft(local({ syncedAt: '2026-06-01T10:06:00Z' }), remote('coffee'), 4).body).toBe('tea');
    expect(mergeDraft(local(), null, 4).body).toBe('tea');
  });
});
