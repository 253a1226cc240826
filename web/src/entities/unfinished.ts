// What is being written with pictures, a post or a message, kept on this device as a whole: words, place, pictures,
// descriptions, order. It outlives its sheet, a reload and a crash, and goes with the log-out like all that is kept (see
// store/memory.ts).
//
// Each tab that writes has one of its own, held by a lock, so that two tabs never write over each other; what no tab holds
// is taken up by the next one that looks.
import { newKey } from '@/api';
import { isBlank } from '@/text';
import { memory } from '@/store';
import type { StoredPhoto } from './photos';

export interface Unfinished {
  body: string;
  /** Where it will go, as whoever writes it says. */
  place: unknown;
  photos: readonly StoredPhoto[];
  /** What it is posted under: pressing again after a lost answer, or after a reload, must not post twice. */
  key: string;
}

/** The pictures lie beside it, each under a key of its own, so that a letter typed does not write them again. */
interface Kept extends Omit<Unfinished, 'photos' | 'key'> {
  photos: Omit<StoredPhoto, 'blob'>[];
  /** Earlier versions had none. */
  key?: string;
  at: number;
}

export interface UnfinishedPost {
  /** What was there when it was opened. */
  found: (Unfinished & { at: number }) | null;
  /** Keeps it, the newest state last. Resolves to whether this and all before is on the disk. */
  save: (state: Unfinished) => Promise<boolean>;
  /** It was posted, or is not wanted any more. */
  discard: () => Promise<void>;
  /** Leaves it for later; while it is being posted, once that is decided. */
  release: () => Promise<void>;
  /** It is on its way to the server: nobody takes it up before this is settled. */
  posting: (isSettled: Promise<unknown>) => void;
}

export type Store = Pick<typeof memory, 'get' | 'all' | 'keys' | 'set' | 'delete'>;
/** Resolves to what gives it back, or to null where somebody else has it. */
export type Hold = (name: string) => Promise<(() => Promise<unknown>) | null>;

/** `what` begins with the person, as all that is kept does. */
const postKey = (what: string, id = '') => `${what} post ${id}`;
const photoKey = (what: string, id: string, photoId = '') => `${what} photo ${id} ${photoId}`;

const described = ({ id, alt, rotation, mediaId, isAnimated }: StoredPhoto): Kept['photos'][number] => ({ id, alt, rotation, mediaId, isAnimated });

export const hasNothing = ({ body, photos }: { body: string; photos: readonly unknown[] }) => isBlank(body) && photos.length === 0;

export async function openUnfinished(what: string, store: Store = memory, hold: Hold = holdLock): Promise<UnfinishedPost> {
  const prefix = postKey(what);
  const ids = ((await store.keys(prefix)) ?? []).map((key) => String(key).slice(prefix.length));
  // Ids grow with time: the newest that no other tab has.
  for (const id of ids.toSorted().toReversed()) {
    const release = await hold(`village.unfinished ${what} ${id}`);
    if (!release) continue;
    const found = await read(what, id, store);
    if (found) return keep(what, id, found, release, store);
    await release();
  }
  const id = `${Date.now().toString(36).padStart(10, '0')} ${newKey()}`;
  const release = await hold(`village.unfinished ${what} ${id}`);
  return keep(what, id, null, release ?? (() => Promise.resolve()), store);
}

async function read(what: string, id: string, store: Store): Promise<UnfinishedPost['found']> {
  const kept = await store.get<Kept>(postKey(what, id));
  if (!kept) return null;
  const photos: StoredPhoto[] = [];
  for (const photo of kept.photos) {
    const blob = await store.get<Blob>(photoKey(what, id, photo.id));
    if (blob) photos.push({ ...photo, blob });
  }
  // Without one of its pictures it is another post.
  const key = photos.length === kept.photos.length ? kept.key : newKey();
  return { body: kept.body, place: kept.place, photos, key: key ?? newKey(), at: kept.at };
}

function keep(what: string, id: string, found: UnfinishedPost['found'], letGo: () => Promise<unknown>, store: Store): UnfinishedPost {
  /** What lies under each picture's key. */
  const written = new Map<string, Blob>(found?.photos.map((photo) => [photo.id, photo.blob]));
  let wanted: Unfinished | null = null;
  let writing: Promise<boolean> | null = null;
  let isOver = false;
  let posting: Promise<unknown> | null = null;

  async function write({ body, place, photos, key }: Unfinished): Promise<boolean> {
    let isKept = true;
    // Pictures first: a post that names one finds it.
    for (const photo of photos) {
      if (written.get(photo.id) === photo.blob) continue;
      if (await store.set(photoKey(what, id, photo.id), photo.blob)) written.set(photo.id, photo.blob);
      else isKept = false;
    }
    if (hasNothing({ body, photos })) await store.delete(postKey(what, id));
    else {
      const kept: Kept = { body, place, photos: photos.filter((photo) => written.has(photo.id)).map(described), key, at: Date.now() };
      isKept = (await store.set(postKey(what, id), kept)) && isKept;
    }
    for (const photoId of written.keys()) {
      if (photos.some((photo) => photo.id === photoId)) continue;
      await store.delete(photoKey(what, id, photoId));
      written.delete(photoId);
    }
    return isKept;
  }

  function take(): Unfinished | null {
    const state = isOver ? null : wanted;
    wanted = null;
    return state;
  }

  /** One write at a time; of what comes meanwhile only the newest matters. */
  async function run(): Promise<boolean> {
    let isKept = true;
    for (let state = take(); state; state = take()) isKept = await write(state);
    return isKept;
  }

  return {
    found,
    save: (state) => {
      wanted = state;
      writing ??= run().finally(() => {
        writing = null;
      });
      return writing;
    },
    discard: async () => {
      isOver = true;
      await writing;
      await store.delete(postKey(what, id));
      for (const key of (await store.keys(photoKey(what, id))) ?? []) await store.delete(String(key));
      await letGo();
    },
    release: async () => {
      await writing;
      if (posting) void posting.then(letGo, letGo);
      else await letGo();
    },
    posting: (isSettled) => {
      const mine = isSettled.finally(() => {
        if (posting === mine) posting = null;
      });
      posting = mine;
      mine.catch(() => undefined);
    },
  };
}

const heldHere = new Set<string>();

/** Where there are no locks (an address without https), or a setting forbids them, other tabs are not known of. */
async function holdHere(name: string): ReturnType<Hold> {
  if (heldHere.has(name)) return null;
  heldHere.add(name);
  return async () => heldHere.delete(name);
}

/** Another tab's lock ends with that tab, however it ends. */
export function holdLock(name: string): ReturnType<Hold> {
  const { locks } = navigator as { locks?: LockManager };
  if (!locks) return holdHere(name);
  return new Promise((resolve) => {
    const held: Promise<unknown> = locks.request(name, { ifAvailable: true }, async (lock) => {
      if (!lock) return resolve(null);
      return new Promise<void>((letGo) => {
        resolve(() => {
          letGo();
          return held;
        });
      });
    });
    held.catch(() => resolve(holdHere(name)));
  });
}
