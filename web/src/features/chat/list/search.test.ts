import { describe, expect, it } from 'vitest';
import type { Conversation } from '@/api';
import { matchingConversations } from './search';

const named = (name: string, handle?: string) => ({ id: name, name, peer: handle ? { handle } : null }) as Conversation;
const all = [named('Tomás Vega', 'tomas_v'), named('Night nurses'), named('Mara Lindqvist', 'mara')];
const found = (query: string) => matchingConversations(all, (conversation) => conversation.name ?? '', query).map(({ name }) => name);

describe('finding a conversation', () => {
  it('by the beginning of a word, without accents', () => {
    expect(found('tomas')).toEqual(['Tomás Vega']);
    expect(found('NUR')).toEqual(['Night nurses']);
    expect(found('lind')).toEqual(['Mara Lindqvist']);
    expect(found('ght')).toEqual([]);
  });

  it('by handle', () => expect(found('@mara')).toEqual(['Mara Lindqvist']));
  it('finds nothing for nothing', () => expect(found('  ')).toEqual([]));
});
