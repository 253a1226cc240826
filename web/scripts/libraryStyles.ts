import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Plugin } from 'vite';

/**
 * react-aria adds two style tags while it runs. The content security policy allows by its hash what stands in the page, so
 * the page holds the same text: one tag is found by the library and not added again, the other, which is for iPhones
 * while a dialog is open, applies to no medium and is there for its hash only.
 */
export function libraryStyles(): Plugin {
  return {
    name: 'village:library-styles',
    transformIndexHtml: {
      // After Vite's own work, which would reformat the text.
      order: 'post',
      handler: () => [
        { tag: 'style', attrs: { id: pressable().id }, children: pressable().text, injectTo: 'head' },
        { tag: 'style', attrs: { media: 'not all' }, children: scrollLock(), injectTo: 'head' },
      ],
    },
  };
}

/** See `usePress.mjs`: it adds its rule unless there is an element with this id. */
export function pressable(): { id: string; text: string } {
  const source = read('react-aria/dist/private/interactions/usePress.mjs');
  const attribute = constant(source, 'PRESSABLE_ATTRIBUTE');
  const [, rule] = /style\.textContent = `([^`]*)`\.trim\(\)/.exec(source) ?? missing('the rule for what can be pressed');
  return { id: constant(source, 'STYLE_ID'), text: rule!.replace(/\$\{[^}]*PRESSABLE_ATTRIBUTE\}/, attribute).trim() };
}

/** See `usePreventScroll.mjs`. */
export function scrollLock(): string {
  const source = read('react-aria/dist/private/overlays/usePreventScroll.mjs');
  const [, rule] = /style\.textContent = `([^`$]*)`\.trim\(\)/.exec(source) ?? missing('the rule that locks scrolling on iPhones');
  return rule!.trim();
}

function constant(source: string, name: string): string {
  const [, value] = new RegExp(`const \\S*\\b\\S*${name} = '([^']+)'`).exec(source) ?? missing(name);
  return value!;
}

function read(path: string): string {
  return readFileSync(createRequire(import.meta.url).resolve('react-aria/package.json').replace('react-aria/package.json', path), 'utf8');
}

function missing(what: string): never {
  throw new Error(`react-aria has changed: ${what} was not found. Compare the style tags it adds with scripts/libraryStyles.ts.`);
}
