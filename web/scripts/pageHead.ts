import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

type Chunk = Rolldown.OutputChunk & { viteMetadata?: { importedCss: Set<string> } };

const PLACE = '<!-- head.js -->';

/** The first segment of an address, with a slash when there is a second one, and the page that is shown there. */
export const PAGES: Record<string, string> = {
  home: 'features/feed/FeedPage',
  c: 'features/channels/ChannelsPage',
  'c/': 'features/channels/ChannelPage',
  'p/': 'features/posts/PostPage',
  '@': 'features/people/ProfilePage',
  '@/': 'features/people/FollowListPage',
  people: 'features/people/PeoplePage',
  chat: 'features/chat/ChatPage',
  'chat/': 'features/chat/ChatPage',
  alerts: 'features/notifications/AlertsPage',
  settings: 'features/settings/SettingsPage',
};

/**
 * Puts `src/app/head.js` into the page, with the names of the files that each address needs: browsers fetch them while
 * the first script is still on its way. Also the font.
 */
export function pageHead(): Plugin {
  let root = '';
  return {
    name: 'village:page-head',
    configResolved(config) {
      root = config.root;
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle }) {
        const files = bundle ? filesFor(Object.values(bundle)) : { all: [], before: [], app: [] };
        const font = Object.keys(bundle ?? {}).find((file) => /figtree-latin-wght-normal.*\.woff2$/.test(file));
        const script = readFileSync(join(root, 'src/app/head.js'), 'utf8').replace('__FILES__', () => JSON.stringify(files));
        const fontLink = font ? `<link rel="preload" as="font" type="font/woff2" crossorigin href="/${font}">` : '';
        // Where it stands matters: after the charset, before the first style sheet that a script would wait for.
        if (!html.includes(PLACE)) throw new Error(`index.html has no ${PLACE}.`);
        return html.replace(PLACE, () => `<script>${script.replaceAll(/^\s*(\/\/.*)?\n?/gm, '')}</script>${fontLink}`);
      },
    },
  };
}

/** Like Vite's own `modulepreload`, but for the page that is asked for. Exported for the budgets. */
export function filesFor(bundle: readonly (Rolldown.OutputChunk | Rolldown.OutputAsset)[]): Record<string, string[]> {
  const chunks = new Map(bundle.filter((file): file is Chunk => file.type === 'chunk').map((chunk) => [chunk.fileName, chunk]));
  const needs = (module: string): string[] => {
    const start = [...chunks.values()].find((chunk) => chunk.facadeModuleId?.replace(/\.tsx?$/, '').endsWith(`/src/${module}`));
    if (!start) throw new Error(`No script of the build is src/${module}.tsx. Compare scripts/pageHead.ts with the router.`);
    const found = new Set<string>();
    const visit = (file: string) => {
      const chunk = chunks.get(file);
      if (found.has(file) || !chunk) return;
      found.add(file);
      for (const css of chunk.viteMetadata?.importedCss ?? []) found.add(css);
      chunk.imports.forEach(visit);
    };
    visit(start.fileName);
    return [...found].map((file) => `/${file}`);
  };
  const without = (files: string[], ...known: string[][]) => files.filter((file) => !known.some((list) => list.includes(file)));
  const before = needs('app/before');
  const app = needs('app/app');
  return { all: [], before, app, ...Object.fromEntries(Object.entries(PAGES).map(([place, module]) => [place, without(needs(module), app)])) };
}
