/**
 * Runs one task at a time under a name, across all tabs. Where there are no locks (they need a secure context), or a
 * setting forbids them, it runs at once.
 */
export async function withLock<T>(name: string, task: () => Promise<T>): Promise<T> {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) return task();
  let hasBegun = false;
  try {
    return await locks.request(name, () => {
      hasBegun = true;
      return task();
    });
  } catch (error) {
    if (hasBegun) throw error;
    return task();
  }
}
