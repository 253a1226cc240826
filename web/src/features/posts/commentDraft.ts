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
  const me = session.current?.me.id;
  const place = `${me ?? ''} comment ${postId}`;
  const [draft, setDraft] = useState(empty);
  const isTouched = useRef(false);

  useEffect(() => {
    let isGone = false;
    void memory.get<CommentDraft>(place).then((kept) => {
      // What was typed before it could be read stays.
      if (kept && !isGone && !isTouched.current) setDraft(kept);
    });
    return () => {
      isGone = true;
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
    /** The server has it. What was typed meanwhile stays. */
    sent: (body: string) =>
      setDraft((now) => {
        const next = now.body === body ? empty() : now;
        if (next !== now) void memory.delete(place);
        return next;
      }),
  };
}
