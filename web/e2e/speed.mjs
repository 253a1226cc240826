// How the client gets to people: the page and its policy, what is sent packed. `npm run e2e`.
import assert from 'node:assert/strict';
import { launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { signUp } from './people.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
// The library asks for this name before it locks scrolling in the way iPhones need.
await phone.page.addInitScript(() => {
  Object.defineProperty(navigator, 'platform', { get: () => 'iPhone' });
  Object.defineProperty(navigator, 'userAgentData', { get: () => undefined });
});

const get = (path, headers) => fetch(`${server.url}${path}`, { headers });
const html = { accept: 'text/html' };

const failed = await runSteps(
  [
    [
      'The page is the same for everybody and is asked for with its tag',
      async () => {
        const [first, second] = await Promise.all([get('/home', html), get('/login', html)]);
        assert.equal(await first.text(), await second.text());
        const policy = first.headers.get('content-security-policy');
        assert.equal(second.headers.get('content-security-policy'), policy);
        assert.doesNotMatch(policy, /unsafe|nonce/);
        assert.match(policy, /worker-src 'self'/);
        assert.match(first.headers.get('cache-control'), /no-cache/);
        const known = await get('/home', { ...html, 'if-none-match': first.headers.get('etag') });
        assert.equal(known.status, 304);
        assert.equal(known.headers.get('content-security-policy'), policy);
      },
    ],
    [
      'Scripts and styles come packed',
      async () => {
        const page = await (await get('/home', html)).text();
        const files = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+\.(?:js|css))"/g)].map(([, file]) => file);
        assert.ok(files.length > 1);
        for (const file of files) {
          // What is this small goes in one packet either way.
          if ((await (await get(file)).arrayBuffer()).byteLength < 1000) continue;
          for (const coding of ['br', 'gzip']) {
            const { headers } = await get(file, { 'accept-encoding': coding });
            assert.equal(headers.get('content-encoding'), coding, file);
            assert.match(headers.get('cache-control'), /immutable/);
            assert.match(headers.get('vary'), /accept-encoding/);
          }
          assert.equal((await get(file, { 'accept-encoding': 'identity' })).headers.get('content-encoding'), null);
          assert.equal((await get(`${file}.br`)).status, 404);
        }
      },
    ],
    [
      'Ana signs up on an iPhone; a dialog locks the page below it with a style the policy knows',
      async () => {
        await signUp(phone.page, { ...ana, link: server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean) });
        await phone.page.getByRole('button', { name: 'New post' }).first().click();
        await expect.visible(phone.page.getByRole('dialog', { name: 'New post' }));
        const locks = () => phone.page.evaluate(() => [...document.head.querySelectorAll('style:not([media])')].filter((style) => style.textContent.includes('overscroll-behavior')).map((style) => style.sheet?.cssRules.length ?? 0));
        assert.deepEqual(await locks(), [1], 'the rule applies');
        assert.equal(await phone.page.evaluate(() => document.querySelectorAll('#react-aria-pressable-style').length), 1);
      },
    ],
    [
      'What is not in the page as it was built is refused',
      async () => {
        const refused = await phone.page.evaluate(async () => {
          const violated = [];
          document.addEventListener('securitypolicyviolation', (event) => {
            violated.push(event.effectiveDirective);
            event.stopImmediatePropagation();
          }, { capture: true });
          document.head.append(Object.assign(document.createElement('style'), { textContent: 'body { display: none }' }));
          document.head.append(Object.assign(document.createElement('script'), { textContent: 'document.body.remove()' }));
          const wasm = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => 'compiled', (error) => error.name);
          await new Promise((resolve) => setTimeout(resolve));
          return { violated: [...new Set(violated)], wasm };
        });
        assert.equal(refused.wasm, 'CompileError');
        assert.ok(refused.violated.includes('style-src-elem') && refused.violated.includes('script-src-elem'), String(refused.violated));
        await expect.visible(phone.page.getByRole('dialog', { name: 'New post' }));
        // These were asked for.
        phone.problems.splice(0, phone.problems.length, ...phone.problems.filter((problem) => !/refused|violates|CompileError/.test(problem)));
      },
    ],
    ['No page asked another host or met the content security policy', async () => expect.none(phone.problems, 'problems')],
  ],
  { pages: { phone: phone.page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
