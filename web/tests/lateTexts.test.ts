// Some texts come with the pages that say them (src/i18n/chat.ts and its siblings). This walks the imports of the app and of
// every file that is loaded later: what says such a text must not be there without it.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chat } from '../src/i18n/en.chat';
import { photoTools } from '../src/i18n/en.photos';
import { settings } from '../src/i18n/en.settings';

const root = join(import.meta.dirname, '../src');
const LATE = { chat: ['chat', chat], photos: ['compose', photoTools], settings: ['settings', settings] } as const;

const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => /\.tsx?$/.test(file) && !file.includes('.test.'));
const text = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));

function find(from: string, target: string): string | undefined {
  if (!/^(?:@\/|\.)/.test(target)) return undefined;
  const path = target.startsWith('@/') ? target.slice(2) : relative(root, join(root, dirname(from), target)).replaceAll('\\', '/');
  return ['.ts', '.tsx', '/index.ts'].map((ending) => path + ending).find((file) => text.has(file));
}

/** Where a name of an index comes from: the bundler leaves out the rest of the index. */
function origin(file: string, name: string): string {
  if (!file.endsWith('/index.ts')) return file;
  for (const [, names = '', target = ''] of text.get(file)!.matchAll(/export (?:type )?\{([^}]*)\} from '([^']+)'/g)) {
    const found = names.split(',').map((each) => /(\w+)(?: as (\w+))?\s*$/.exec(each)).find((each) => (each?.[2] ?? each?.[1]) === name);
    const next = found && find(file, target);
    if (next) return origin(next, found[1]!);
  }
  return file;
}

function importsOf(file: string): string[] {
  const code = text.get(file)!;
  const named = [...code.matchAll(/^(?:import|export) \{([^}]*)\} from '([^']+)'/gm)].flatMap(([, names = '', target = '']) => {
    const found = find(file, target);
    const values = names.split(',').map((name) => name.trim()).filter((name) => name && !name.startsWith('type '));
    return found ? values.map((name) => origin(found, name.split(' ')[0]!)) : [];
  });
  const whole = [...code.matchAll(/^import '([^']+)'/gm)].flatMap(([, target = '']) => find(file, target) ?? []);
  return [...named, ...whole];
}

function reachedFrom(entry: string): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    importsOf(file).forEach(visit);
  };
  visit(entry);
  return seen;
}

/** Whether it names a key of the group, also one that is put together: `chat.start_${kind}`. */
function says(file: string, group: string, keys: readonly string[]): boolean {
  const used = [...text.get(file)!.matchAll(new RegExp(`['"\`]${group}\\.(\\w*)(\\$\\{)?`, 'g'))];
  return used.some(([, name = '', isPart]) => keys.some((key) => (isPart ? key.startsWith(name) : key.replace(/_(?:one|other)$/, '') === name)));
}

const later = files.flatMap((file) => [...text.get(file)!.matchAll(/import\('([^']+)'\)/g)].flatMap(([, target = '']) => find(file, target) ?? []));
const entries = [...new Set(['app/main.tsx', ...later])].filter((file) => !file.startsWith('worker/'));

describe.each(Object.entries(LATE))('the texts of %s', (name, [group, texts]) => {
  const sayers = files.filter((file) => !file.startsWith('i18n/') && says(file, group, Object.keys(texts)));

  it('are there wherever they are said', () => {
    expect(sayers.length).toBeGreaterThan(2);
    for (const entry of entries) {
      const reached = reachedFrom(entry);
      if (reached.has(`i18n/${name}.ts`)) continue;
      expect(sayers.filter((file) => reached.has(file)), `${entry} says texts of i18n/${name}.ts, but nobody imports it there`).toEqual([]);
    }
  });

  it('are not part of the app itself', () => {
    expect(existsSync(join(root, `i18n/${name}.ts`))).toBe(true);
    expect(reachedFrom('app/app.tsx')).not.toContain(`i18n/${name}.ts`);
    expect(reachedFrom('features/feed/FeedPage.tsx')).not.toContain(`i18n/${name}.ts`);
  });
});

it('finds what is loaded later', () => {
  expect(entries).toEqual(expect.arrayContaining(['app/app.tsx', 'app/Aside.tsx', 'features/chat/ChatPage.tsx', 'features/compose/ComposeSheet.tsx']));
});
