// Holds the folders to their order: ui and live know nothing of the screens, entities nothing of features, and a
// feature sees of another only its index. The package of the live connection knows nothing of this client.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => file.replaceAll('\\', '/'));

/** Folder → what it may import with `@/…`. Longer prefixes win. */
const MAY_IMPORT: Record<string, string[]> = {
  text: ['text'],
  worker: ['worker'],
  api: ['api'],
  live: ['live', 'api'],
  store: ['store'],
  i18n: ['i18n', 'text', 'api'],
  ui: ['ui', 'text', 'api', 'i18n'],
  entities: ['entities', 'ui', 'text', 'api', 'live', 'store', 'i18n', 'paths'],
  features: ['features', 'entities', 'ui', 'text', 'api', 'live', 'store', 'i18n', 'paths'],
  app: ['app', 'features', 'entities', 'ui', 'text', 'api', 'live', 'store', 'i18n', 'paths'],
};

function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].flatMap((match) => match[1] ?? []);
}

/** The target as a path below src, or null for packages. */
function resolve(file: string, target: string): string | null {
  if (target.startsWith('@/')) return target.slice(2);
  if (!target.startsWith('.')) return null;
  return relative(root, join(root, file, '..', target)).replaceAll('\\', '/');
}

describe.each(files)('%s', (file) => {
  const [layer = '', feature = ''] = file.split('/');

  it('imports only from where it may', () => {
    for (const target of importsOf(file)) {
      const path = resolve(file, target);
      if (path === null || !(layer in MAY_IMPORT)) continue;
      const [targetLayer = '', targetFeature, ...deeper] = path.split('/');
      expect(MAY_IMPORT[layer], `${file} imports ${target}`).toContain(targetLayer);
      if (layer === 'features' && targetLayer === 'features' && targetFeature !== feature) {
        expect(deeper, `${file} reaches into ${target}; import the feature's index`).toEqual([]);
      }
    }
  });
});

/** Formats follow the reader's region, which only this folder knows how to find. */
const FORMATTERS = /\bIntl\.(?:DateTime|Number|List|RelativeTime|Duration)Format\b|\.toLocale(?:Date|Time)?String\(/;

describe.each(files.filter((file) => !file.startsWith('i18n/') && !file.includes('.test.')))('%s', (file) => {
  it('leaves formats of times, numbers and lists to i18n', () => {
    expect(readFileSync(join(root, file), 'utf8')).not.toMatch(FORMATTERS);
  });
});

const packageRoot = join(import.meta.dirname, '../packages/live/src');

describe.each(readdirSync(packageRoot, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts')))('packages/live: %s', (file) => {
  it('imports nothing but itself', () => {
    const text = readFileSync(join(packageRoot, file), 'utf8');
    const targets = [...text.matchAll(/(?:from|import\()\s*'([^']+)'/g)].flatMap((match) => match[1] ?? []);
    const isOwn = (target: string) => target.startsWith('.') && !relative(packageRoot, join(packageRoot, file, '..', target)).startsWith('..');
    const others = targets.filter((target) => !isOwn(target) && !(file.includes('.test.') && target === 'vitest'));
    expect(others).toEqual([]);
  });
});

const styles = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.css'));

describe.each(styles)('%s', (file) => {
  it('works in both writing directions and asks no third party for anything', () => {
    const text = readFileSync(join(root, file), 'utf8');
    expect(text).not.toMatch(/\b(?:margin|padding|border)-(?:left|right|top|bottom)\b|https?:|text-align: (?:left|right)/);
  });
});
