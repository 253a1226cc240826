import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { clearOutbox, discard, openOutbox, sendDurably } from './outbox';

const asksBeforeUnload = () => {
  const event = new Event('beforeunload', { cancelable: true });
  window.dispatchEvent(event);
  return event.defaultPrevented;
};

// There is no IndexedDB here.
it('asks before the page is left while a message is in memory alone', async () => {
  const close = openOutbox(new QueryClient(), 'me');
  const sending = (await sendDurably({ conversationId: 'c', body: 'From memory' })) as unknown as { entry: { clientId: string }; isDurable: boolean };
  expect(sending.isDurable).toBe(false);
  expect(asksBeforeUnload()).toBe(true);
  discard(sending.entry.clientId);
  expect(asksBeforeUnload()).toBe(false);
  await sendDurably({ conversationId: 'c', body: 'Another' });
  expect(asksBeforeUnload()).toBe(true);
  clearOutbox();
  expect(asksBeforeUnload()).toBe(false);
  close();
});
