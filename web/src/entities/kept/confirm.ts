// At each contact with the server everything that is kept is read again, one after the other and behind what is on the
// screen: what may not be read any more goes, and the rest is current when the network is gone the next time.
import type { QueryClient } from '@tanstack/react-query';
import { ApiError, contact, rest, session, withLock } from '@/api';
import { isRefused, type Keeper } from './keeper';

const BEGIN_AFTER_MS = 1_500;
const PAUSE_MS = 40;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Reads what is kept again whenever the server has been out of reach, and once at the start. */
export function confirmAtContact(client: QueryClient, keeper: Keeper, onForbidden: (key: readonly unknown[]) => void): () => void {
  let pass = 0;
  let wasThere = false;
  const look = () => {
    const isThere = session.isConfirmed && contact.current.isReached;
    if (isThere === wasThere) return;
    wasThere = isThere;
    pass += 1;
    const mine = pass;
    if (!isThere) return;
    const since = Date.now();
    // One tab after the other: what one has read is current for the next.
    void withLock('village-kept', () => confirmAll(client, keeper, onForbidden, () => mine === pass && session.isConfirmed, since));
  };
  const offs = [contact.subscribe(look), session.subscribe(look)];
  look();
  return () => {
    pass += 1;
    for (const off of offs) off();
  };
}

export async function confirmAll(client: QueryClient, keeper: Keeper, onForbidden: (key: readonly unknown[]) => void, isOn: () => boolean, since = Date.now()): Promise<void> {
  await pause(BEGIN_AFTER_MS);
  const savesData = (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
  for (const entry of await keeper.entries()) {
    const rule = keeper.ruleOf(entry.key);
    if (!isOn()) return;
    // The page on the screen, and what was read since, here or in another tab, need no second question.
    if (!rule?.path || entry.at >= since || (client.getQueryState(entry.key)?.dataUpdatedAt ?? 0) >= since) continue;
    if (savesData) {
      await keeper.forget(entry.key);
      continue;
    }
    try {
      const data = await rest({ method: 'GET', path: rule.path(entry.key) });
      if (!isOn()) return;
      // Still the one that was read: what the page has written meanwhile is newer.
      if ((client.getQueryState(entry.key)?.dataUpdatedAt ?? 0) < since) await keeper.put({ ...entry, at: Date.now(), data: rule.pack(data) });
      // It is older than what is kept now. The live connection looks after its own.
      if (!rule.isEarly) client.removeQueries({ queryKey: entry.key, exact: true, type: 'inactive' });
    } catch (error) {
      if (!isRefused(error)) {
        // The rest is asked for at the next contact. A mistake of ours is not hidden.
        if (error instanceof ApiError) return;
        throw error;
      }
      await keeper.forget(entry.key);
      client.removeQueries({ queryKey: entry.key, exact: true, type: 'inactive' });
      onForbidden(entry.key);
    }
    await pause(PAUSE_MS);
  }
}
