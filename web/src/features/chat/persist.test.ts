import { describe, expect, it } from 'vitest';
import type { Conversation, Message, Paged } from '@/api';
import { keys } from '@/entities';
import { isOld } from './logPages';
import { chatRules } from './persist';
import { aConversation, aMessage } from './testing/server';

const paged = <T>(items: T[], next: string | null = null): Paged<T> => ({ pages: [{ items, next }], pageParams: [undefined] });
const ruleOf = (key: readonly unknown[]) => {
  const rule = chatRules.find((each) => each.matches(key));
  if (!rule) throw new Error(`nothing keeps ${JSON.stringify(key)}`);
  return rule;
};

describe('what is kept of the chat', () => {
  it('is a log that says that it is old', () => {
    const rule = ruleOf(keys.messages('c1'));
    const log = rule.unpack(rule.pack(paged([aMessage(2), aMessage(1)]))) as Paged<Message>;
    expect(isOld(log)).toBe(true);
    expect(log.pages[0]?.items.map(({ seq }) => seq)).toEqual([2, 1]);
    expect(log.pages[0]?.next).toBeNull();
  });

  it('says of a log that was cut that there is more', () => {
    const rule = ruleOf(keys.messages('c1'));
    const log = rule.unpack(rule.pack(paged(Array.from({ length: 130 }, (_, index) => aMessage(130 - index))))) as Paged<Message>;
    expect(log.pages[0]?.items).toHaveLength(120);
    expect(log.pages[0]?.next).not.toBeNull();
  });

  it('takes the server’s own page as well, for that is what is read at the next contact', () => {
    const rule = ruleOf(keys.messages('c1'));
    expect(rule.pack({ items: [aMessage(1)], next: 'older' })).toEqual({ items: [aMessage(1)], next: 'older' });
  });

  it('leaves out older stretches, searches and photos', () => {
    for (const key of [keys.messagesAround('c1', 4), keys.photos('c1'), keys.messageSearch('x', undefined), keys.conversationRequests]) {
      expect(chatRules.some((rule) => rule.matches(key))).toBe(false);
    }
  });

  it('finds a conversation in the list when it was never opened', () => {
    const list = ruleOf(keys.conversations);
    const data = list.unpack(list.pack(paged([aConversation()])));
    const { id } = aConversation();
    const found = ruleOf(keys.conversation(id)).fallback?.(keys.conversation(id), { client: {} as never, kept: [{ rule: list.name, data }] });
    expect((found as Conversation).id).toBe(id);
  });
});
