// The database of drafts and unsent messages, for pages on which nobody is logged in: there the code that looks after it is
// not loaded, and may never have been since the person left.
export const UNSENT = 'village-outbox';

/** What a person left in it who is not logged in any more goes. */
export function forgetUnsent(): void {
  let opening: IDBOpenDBRequest;
  try {
    opening = indexedDB.open(UNSENT);
  } catch {
    return; // There is no IndexedDB, or a setting forbids it.
  }
  // There was none, and it must not come to be: its stores are made by whom it belongs to.
  opening.addEventListener('upgradeneeded', () => opening.transaction?.abort());
  opening.addEventListener('error', (event) => event.preventDefault());
  opening.addEventListener('success', () => {
    const database = opening.result;
    const names = [...database.objectStoreNames];
    if (names.length > 0) {
      const transaction = database.transaction(names, 'readwrite');
      for (const name of names) transaction.objectStore(name).clear();
    }
    // When that is done.
    database.close();
  });
}
