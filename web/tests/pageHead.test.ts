// What the page's head fetches early is what the router shows there (scripts/pageHead.ts, src/app/head.js).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { router } from '@/app/router';
import { PAGES } from '../scripts/pageHead';

const read = (path: string) => readFileSync(join(import.meta.dirname, '..', path), 'utf8');

/** Pages before the log-in have a half of the client of their own, and `/` leads to Home. */
const WITHOUT_A_LINE = ['/', '/login', '/reset', '/signup', '/join/$code'];

/** As in head.js. */
function placeOf(path: string): string {
  const [, place = '', below] = path.replace('@{$handle}', '@ana').split('/');
  return (place.startsWith('@') ? '@' : place) + (below ? '/' : '');
}

describe('the files that the head fetches early', () => {
  const shown = new Map([...read('src/app/router.tsx').matchAll(/path: '([^']+)', component: lazyPage\(\(\) => import\('@\/([^']+)'\)/g)].map(([, path = '', module = '']) => [path, module]));

  it('are those of the page that the router shows, for every address of the router', () => {
    expect(shown.size).toBeGreaterThan(10);
    for (const path of Object.keys(router.routesByPath)) {
      if (WITHOUT_A_LINE.includes(path)) continue;
      expect(PAGES[placeOf(path)], `${path} in scripts/pageHead.ts`).toBe(shown.get(path));
    }
  });

  it('are listed for nothing that the router does not have', () => {
    const places = new Set(Object.keys(router.routesByPath).map(placeOf));
    expect(Object.keys(PAGES).filter((place) => !places.has(place))).toEqual([]);
  });

  it('are found by the rule that this test follows too', () => {
    expect(read('src/app/head.js')).toContain("var route = (place === '' ? 'home' : place[0] === '@' ? '@' : place) + (parts[2] ? '/' : '');");
  });
});
