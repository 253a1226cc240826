import { useRef } from 'react';
import { newKey } from '@/api';

/** The key under which something is created: the same content keeps it, so pressing again after a lost answer creates nothing twice. */
export function useKeyFor(): (content: unknown) => string {
  const last = useRef({ content: '', key: '' });
  return (content) => {
    const text = JSON.stringify(content);
    if (last.current.content !== text) last.current = { content: text, key: newKey() };
    return last.current.key;
  };
}
