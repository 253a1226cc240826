import { useEffect, useState } from 'react';
import { t } from '@/i18n';
import { withStyles } from './stylesheets';
import { showToast } from './toast';

/** Code that is loaded when it is first needed. */
export interface LazyCode<T> {
  loaded: T | undefined;
  load: () => Promise<T>;
}

const all: LazyCode<unknown>[] = [];

export function lazyCode<T>(from: () => Promise<T>): LazyCode<T> {
  const code: LazyCode<T> = {
    loaded: undefined,
    load: async () => (code.loaded ??= await withStyles(from)),
  };
  all.push(code);
  return code;
}

let onMissing: () => void = () => undefined;

/** What to do when somebody wants code that does not come. The browser may not try again before the page is loaded anew. */
export function whenCodeIsMissing(task: () => void): void {
  onMissing = task;
}

/** Loads it while it is wanted. When it cannot be loaded, says so and gives up. */
export function useCode<T>(code: LazyCode<T>, isWanted: boolean, giveUp: () => void): T | undefined {
  const [loaded, setLoaded] = useState(code.loaded);
  useEffect(() => {
    if (!isWanted || loaded) return undefined;
    let isGone = false;
    code.load().then(
      (value) => isGone || setLoaded(() => value),
      () => {
        if (isGone) return;
        showToast(t('errors.network'), { tone: 'error' });
        giveUp();
        onMissing();
      },
    );
    return () => {
      isGone = true;
    };
  });
  return loaded;
}

/** Once somebody does something on the page, what may be opened next is fetched, so that it opens at once. */
export function warmCodeOnFirstTouch(): void {
  const kinds = ['pointerdown', 'keydown', 'wheel', 'touchmove'];
  const warm = () => {
    for (const kind of kinds) removeEventListener(kind, warm);
    for (const code of all) void code.load().catch(() => undefined);
  };
  for (const kind of kinds) addEventListener(kind, warm, { passive: true });
}
