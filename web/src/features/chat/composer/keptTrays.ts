// The pictures of messages being written, on the disk of this device: from the moment they are chosen until they are in the
// outbox. Each tab has its own; what no tab holds comes back where the conversation is opened the next time.
import { session } from '@/api';
import { openUnfinished, sameStored, storedPhoto, type Photo, type StoredPhoto, type UnfinishedPost } from '@/entities';
import { askBeforeUnload } from '@/ui';

type Open = typeof openUnfinished;
type Restore = (conversationId: string, photos: readonly StoredPhoto[]) => void;

interface Kept {
  post: Promise<UnfinishedPost>;
  written: readonly StoredPhoto[];
  /** There is something to write. */
  isWanted: boolean;
}

/** They are uploaded anew after a reload: the server sweeps what is in no message. */
const toKeep = (photo: Photo): StoredPhoto => ({ ...storedPhoto(photo), mediaId: null });

export class KeptTrays {
  readonly #restore: Restore;
  readonly #open: Open;
  #kept = new Map<string, Kept>();
  readonly #looked = new Set<string>();
  /** Conversations whose pictures the device does not keep: leaving the page asks. */
  readonly #unkept = new Set<string>();

  constructor(restore: Restore, open: Open = openUnfinished) {
    this.#restore = restore;
    this.#open = open;
  }

  /** Brings back what was left in this conversation, once. */
  async look(conversationId: string): Promise<void> {
    if (this.#looked.has(conversationId) || this.#kept.has(conversationId)) return;
    const kept = this.#take(conversationId);
    const post = await kept.post;
    if (this.#kept.get(conversationId) !== kept || post.found || kept.isWanted) return;
    this.#kept.delete(conversationId);
    await post.release();
  }

  /** Writes what is there now. Without any picture nothing stays. */
  async keep(conversationId: string, photosNow: () => readonly Photo[]): Promise<void> {
    if (photosNow().length === 0 && !this.#kept.has(conversationId)) return;
    const kept = this.#take(conversationId);
    kept.isWanted = true;
    const post = await kept.post;
    // Another call has discarded it, or the person has logged out.
    if (this.#kept.get(conversationId) !== kept) return;
    const photos = photosNow().map(toKeep);
    if (sameStored(kept.written, photos)) return;
    kept.written = photos;
    if (photos.length === 0) {
      this.#kept.delete(conversationId);
      this.#note(conversationId, true);
      await post.discard();
      return;
    }
    this.#note(conversationId, await post.save({ body: '', place: null, photos, key: '' }));
  }

  /** The person has logged out. The store is emptied by whoever ends the session. */
  forget(): void {
    for (const { post } of this.#kept.values()) void post.then((each) => each.release());
    this.#kept = new Map();
    this.#looked.clear();
    for (const id of this.#unkept) this.#note(id, true);
  }

  #take(conversationId: string): Kept {
    const before = this.#kept.get(conversationId);
    if (before) return before;
    this.#looked.add(conversationId);
    const kept: Kept = { written: [], isWanted: false, post: this.#open(`${session.current?.me.id ?? ''} tray ${conversationId}`).then((post) => this.#opened(conversationId, kept, post)) };
    this.#kept.set(conversationId, kept);
    return kept;
  }

  /** Before anybody else has the post: what is written next has what was found in it. */
  #opened(conversationId: string, kept: Kept, post: UnfinishedPost): UnfinishedPost {
    if (post.found && this.#kept.get(conversationId) === kept) {
      kept.written = post.found.photos;
      this.#restore(conversationId, post.found.photos);
    }
    return post;
  }

  #note(conversationId: string, isKept: boolean): void {
    if (isKept) this.#unkept.delete(conversationId);
    else this.#unkept.add(conversationId);
    askBeforeUnload(this, this.#unkept.size > 0);
  }
}
