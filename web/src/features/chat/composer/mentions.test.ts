import { describe, expect, it } from 'vitest';
import type { UserSummary } from '@/api';
import { completeMention, matchingPeople, mentionAt } from './mentions';

describe('a mention being typed', () => {
  it('begins with @ where a word begins', () => {
    expect(mentionAt('@', 1)).toEqual({ from: 0, query: '' });
    expect(mentionAt('Hi @ma', 6)).toEqual({ from: 3, query: 'ma' });
    expect(mentionAt('mail@ma', 7)).toBeNull();
    expect(mentionAt('Hi @ma ra', 9)).toBeNull();
    expect(mentionAt('Hi @mara', 5)).toEqual({ from: 3, query: 'm' });
  });

  it('is completed in place, with one space after it', () => {
    expect(completeMention('Hi @ma', { from: 3, query: 'ma' }, 'mara')).toEqual({ text: 'Hi @mara ', caret: 9 });
    expect(completeMention('Hi @ma, tea?', { from: 3, query: 'ma' }, 'mara')).toEqual({ text: 'Hi @mara , tea?', caret: 9 });
    expect(completeMention('Hi @ma tea?', { from: 3, query: 'ma' }, 'mara')).toEqual({ text: 'Hi @mara tea?', caret: 9 });
  });
});

describe('who it may be', () => {
  const people = [
    { id: '1', handle: 'mara', display_name: 'Mara Lindqvist' },
    { id: '2', handle: 'tv', display_name: 'Tomás Vega' },
  ] as UserSummary[];
  it('goes by handle and by every part of the name', () => {
    expect(matchingPeople(people, 'ma').map(({ id }) => id)).toEqual(['1']);
    expect(matchingPeople(people, 'veg').map(({ id }) => id)).toEqual(['2']);
    expect(matchingPeople(people, 'tomas').map(({ id }) => id)).toEqual(['2']);
    expect(matchingPeople(people, '')).toHaveLength(2);
  });
});
