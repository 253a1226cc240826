// @vitest-environment happy-dom
import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import { isolate } from '@/text';
import { Trans } from './react';
import { t, type TextKey } from './translate';

describe('a text by its key', () => {
  it('is the one for the count', () => {
    expect(t('posts.likeCount', { count: 1 })).toBe('1 like');
    expect(t('posts.likeCount', { count: 0 })).toBe('0 likes');
    expect(t('posts.likeCount', { count: 12 })).toBe('12 likes');
  });

  it('holds values, which cannot turn the sentence around', () => {
    expect(t('compose.prompt', { name: 'Ana' })).toBe(`What's on your mind, ${isolate('Ana')}?`);
    expect(t('compose.prompt', { name: '{{name}} $& $1' })).toContain('{{name}} $& $1');
    expect(t('compose.prompt')).toBe("What's on your mind, ?");
  });

  it('is the key when nobody wrote it, or when it only looks like one', () => {
    for (const key of ['chat.nothing', 'chat', 'constructor.name', 'common.toString', 'common.back.length']) expect(t(key as TextKey)).toBe(key);
  });
});

describe('a sentence with elements', () => {
  const html = (defaults: string) => renderToStaticMarkup(createElement(Trans, { defaults, components: { b: createElement('b') } }));

  it('has them where the tags are', () => {
    expect(html('<b>Ana</b> and <b>Ben</b> follow you')).toBe('<b>Ana</b> and <b>Ben</b> follow you');
    expect(html('no tags')).toBe('no tags');
  });

  it('never becomes markup that nobody named', () => {
    expect(html('<i>x</i> <script>y</script> <b>open')).toBe('&lt;i&gt;x&lt;/i&gt; &lt;script&gt;y&lt;/script&gt; &lt;b&gt;open');
  });
});
