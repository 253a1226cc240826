// The words of a comment being written: kept on this device until the server has them, over navigation, failure and reload.
import { useEffect, useRef, useState } from 'react';
import { newKey, session } from '@/api';
import { isBlank } from '@/text';
import { memory } from '@/store';

interface CommentDraft {
  body: string;
  /** One for each text: pressing again after a lost answer, or after a reload, must not comment twice. */
  key: string;
  /** What was sent under this key; another text needs another one. */
  tried: string | null;
}

const empty = (): CommentDraft => ({ body: '', key: newKey(), tried: null });

export function useCommentDraft(postId: string) {
  const place = placeOf(postId);
  const [draft, setDraft] = useState(empty);
  const isTouched = useRef(false);

  useEffect(() => {
    let isGone = false;
    void memory.get<CommentDraft>(place).then((kept) => {
      // What was typed before it could be read stays.
      if (kept && !isGone && !isTouched.current) setDraft(kept);
    });
    // What was typed meanwhile stays.
    const onSent = (key: string) => setDraft((now) => (now.key === key ? empty() : now));
    sentListeners.add(onSent);
    return () => {
      isGone = true;
      sentListeners.delete(onSent);
    };
  }, [place]);

  function put(next: CommentDraft): void {
    isTouched.current = true;
    setDraft(next);
    void (isBlank(next.body) ? memory.delete(place) : memory.set(place, next));
  }

  return {
    draft,
    write: (body: string) => put(draft.tried !== null && draft.tried !== body ? { body, key: newKey(), tried: null } : { ...draft, body }),
    tried: () => put({ ...draft, tried: draft.body }),
  };
}

const sentListeners = new Set<(key: string) => void>();

const placeOf = (postId: string) => `${session.current?.me.id ?? ''} comment ${postId}`;

/** The server has what was sent under this key. The page on which it was written may be left already, or shown again. */
export async function commentSent(postId: string, key: string): Promise<void> {
  for (const listener of sentListeners) listener(key);
  const place = placeOf(postId);
  if ((await memory.get<CommentDraft>(place))?.key === key) await memory.delete(place);
}
