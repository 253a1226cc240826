import { QueryClient } from '@tanstack/react-query';
import { expect, it } from 'vitest';
import { session } from '@/api';
import { isComposing, openCompose } from '@/features/compose/store';
import { showToast } from '@/ui';
import { toastStore } from '@/ui/toast';
import { emptyWithSession } from './emptied';

it('leaves nothing on the page for the next person', () => {
  const client = new QueryClient();
  emptyWithSession(client);
  session.start({ access_token: 't', expires_in: 900, token_type: 'Bearer', me: { id: 'ana' } } as never);
  client.setQueryData(['feed'], 'what Ana reads');
  const request = openCompose({ id: 'c', slug: 'night', name: 'Night shift' } as never);
  showToast('Mara commented on your post.');
  expect(isComposing(request)).toBe(true);
  session.end();
  expect(client.getQueryData(['feed'])).toBeUndefined();
  expect(isComposing(request)).toBe(false);
  expect(toastStore.get()).toEqual([]);
});
