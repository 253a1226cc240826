// @vitest-environment happy-dom
import { describe, expect, it } from 'vitest';
import { router } from '@/app/router';
import { answerTo, cacheName, isPage, isPageOf, outlived } from '@/worker/rules';

const release = { files: ['/', '/assets/index-1.js', '/icon.svg'], onDemand: ['/assets/heic-1.wasm'] };
const origin = 'https://village.test';
const ask = (url: string, more: { method?: string; mode?: string } = {}) => answerTo({ method: 'GET', mode: 'cors', url: new URL(url, origin).href, ...more }, release, origin);

describe('the service worker', () => {
  it('knows every page of the client', () => {
    const pages = Object.keys(router.routesByPath).map((path) => path.replace(/\{?\$\w+\}?/g, 'x'));
    expect(pages.length).toBeGreaterThan(10);
    expect(pages.filter((path) => !isPage(path))).toEqual([]);
  });

  it('gives the page to navigations, and files of the build to whoever asks', () => {
    expect(ask('/p/0199?from=a', { mode: 'navigate' })).toBe('page');
    expect(ask('/@ana', { mode: 'navigate' })).toBe('page');
    expect(ask('/assets/index-1.js')).toBe('file');
    expect(ask('/assets/of-the-version-before.js')).toBe('file');
    expect(ask('/icon.svg')).toBe('file');
    expect(ask('/assets/heic-1.wasm')).toBe('on-demand');
  });

  it('never touches the API, media, or anything that is for one person', () => {
    const paths = ['/feed', '/posts/1', '/posts?author_id=1', '/users/1', '/channels/garden/posts', '/conversations', '/notifications', '/auth/refresh', '/media/1', '/blobs/1?expires=1&signature=x', '/messaging', '/metrics', '/openapi.json'];
    for (const path of paths) {
      expect(ask(path), path).toBe('network');
      expect(ask(path, { mode: 'navigate' }), path).toBe('network');
    }
    expect(ask('/home', { method: 'POST', mode: 'navigate' })).toBe('network');
    expect(ask('https://elsewhere.test/assets/index-1.js')).toBe('network');
    expect(ask('/assets/index-1.js?x=1')).toBe('network');
    // A fetch of the page asks whether there is a newer one.
    expect(ask('/')).toBe('network');
  });

  it('takes only a page whose files it has', () => {
    const page = (file: string) => `<link rel="manifest" href="/manifest.webmanifest"><script type="module" src="${file}"></script>`;
    expect(isPageOf(page('/assets/index-1.js'), release.files)).toBe(true);
    expect(isPageOf(page('/assets/index-2.js'), release.files)).toBe(false);
    expect(isPageOf('<p>The server is being restarted.</p>', release.files)).toBe(false);
  });

  it('removes its own old caches only, and keeps the former one for tabs that still run it', () => {
    const names = ['something-else', cacheName('1'), cacheName('2'), cacheName('3')];
    expect(outlived(names, '3', false)).toEqual([cacheName('1'), cacheName('2')]);
    expect(outlived(names, '3', true)).toEqual([cacheName('1')]);
  });
});
