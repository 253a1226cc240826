import { openUnfinished, type Hold, type Store } from './unfinished';

/** The disk of one device, and the locks between its tabs. */
export class Device {
  disk = new Map<string, unknown>();
  held = new Set<string>();
  writes = 0;
  isFull = false;
  store: Store = {
    get: async <T>(key: string) => structuredClone(this.disk.get(key)) as T | undefined,
    all: async () => undefined,
    keys: async (prefix) => [...this.disk.keys()].filter((key) => key.startsWith(prefix)),
    set: async (key, value) => {
      await Promise.resolve();
      if (this.isFull) return false;
      this.writes += 1;
      this.disk.set(key, structuredClone(value));
      return true;
    },
    delete: async (key) => void this.disk.delete(key),
  };
  hold: Hold = async (name) => {
    if (this.held.has(name)) return null;
    this.held.add(name);
    return async () => this.held.delete(name);
  };
  open = (what = 'ana') => openUnfinished(what, this.store, this.hold);
  /** The tab is gone without a word; the browser gives its locks back. */
  crash() {
    this.held.clear();
  }
}
