// How the client gets to people: the page and its policy, what is sent packed, the budgets of `budgets.json`. `npm run e2e`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
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

const budgets = JSON.parse(await readFile(new URL('../budgets.json', import.meta.url), 'utf8'));
const SIZES = { phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }, desk: { viewport: { width: 1280, height: 860 } } };

/** A browser that has seen nothing of this client, with what it fetches. */
async function fresh(size, storageState) {
  const opened = await openPage(browser, server.url, { ...SIZES[size], ...(storageState && { storageState }) });
  const files = new Map();
  opened.page.on('response', async (response) => {
    const kind = { script: 'script', stylesheet: 'style' }[response.request().resourceType()];
    if (!kind || !response.ok()) return;
    const body = await response.body().catch(() => null);
    if (body) files.set(new URL(response.url()).pathname, { kind, bytes: gzipSync(body, { level: 9 }).length });
  });
  return { ...opened, files };
}

function withinBudget(page, files, kind, budget) {
  const list = [...files].filter(([, file]) => file.kind === kind).toSorted(([, a], [, b]) => b.bytes - a.bytes);
  const sum = list.reduce((total, [, { bytes }]) => total + bytes, 0);
  const told = list.map(([name, { bytes }]) => `${bytes} ${name}`).join('\n  ');
  assert.ok(sum > 0 && sum <= budget, `${page} fetches ${sum} bytes of ${kind} (gzip), allowed are ${budget}. Load later what is not seen first:\n  ${told}`);
  return sum;
}

/** On a slow line each file waits for a whole round trip, six at a time; see scripts/homeFiles.ts. */
function withinNumber(page, files, budget) {
  assert.ok(files.size <= budget, `${page} fetches ${files.size} files of script and style, allowed are ${budget}:\n  ${[...files.keys()].join('\n  ')}`);
}

let loggedIn;

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
    [
      'The log-in page keeps its budget, and its shell is there before any script',
      async () => {
        const { page, context, files, problems } = await fresh('phone');
        // No script arrives until the shell has been looked at.
        let open;
        const gate = new Promise((resolve) => (open = resolve));
        await page.route('**/assets/*.js', (route) => gate.then(() => route.continue()));
        await page.goto('/home', { waitUntil: 'commit' });
        await expect.visible(page.locator('.shell-before'));
        const shell = await page.evaluate(() => ({
          isHidden: document.querySelector('.shell-before').getAttribute('aria-hidden') === 'true',
          theme: document.documentElement.dataset.theme,
        }));
        open();
        await expect.visible(page.getByRole('heading', { name: 'Welcome back' }));
        await page.waitForLoadState('networkidle');
        assert.deepEqual(shell, { isHidden: true, theme: 'light' });
        withinBudget('/login', files, 'script', budgets.scriptBytesGzip.login);
        withinBudget('/login', files, 'style', budgets.styleBytesGzip.login);
        withinNumber('/login', files, budgets.files.login);
        await expect.none(problems, 'problems');
        // The app comes while somebody types, and goes on in the same document.
        await page.evaluate(() => (window.isSameDocument = true));
        await page.unrouteAll();
        await page.getByLabel('E-mail').fill(ana.email);
        await page.getByLabel('Password').fill(ana.password);
        await page.getByRole('button', { name: 'Log in' }).click();
        await expect.visible(page.getByRole('heading', { name: 'Home', exact: true }));
        assert.equal(await page.evaluate(() => window.isSameDocument), true);
        const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
        assert.doesNotMatch(kept, /eyJ|Bearer|access_token/);
        loggedIn = await context.storageState();
        await context.close();
      },
    ],
    [
      'A link to a page waits behind the log-in, and a wrong password is said',
      async () => {
        const { page, context, problems } = await fresh('desk');
        await page.goto('/c');
        await expect.path(page, /^\/login$/);
        await page.getByRole('button', { name: 'Log in' }).click();
        await expect.eventually('the first field to correct has the focus', () => page.evaluate(() => document.activeElement?.getAttribute('type') === 'email' && document.activeElement.getAttribute('aria-invalid') === 'true'));
        assert.deepEqual(await accessibilityProblems(page), []);
        await page.getByLabel('E-mail').fill(ana.email);
        await page.getByLabel('Password').fill(ana.password);
        await page.getByRole('button', { name: 'Log in' }).click();
        await expect.visible(page.getByRole('heading', { name: 'Channels', exact: true }));
        await expect.none(problems, 'problems');
        await context.close();
      },
    ],
    [
      'Home keeps its budget',
      async () => {
        const { page, context, files, problems } = await fresh('phone', loggedIn);
        await page.goto('/home');
        await expect.visible(page.getByText('Nothing here yet.'));
        await page.waitForLoadState('networkidle');
        const seen = new Map([...files].filter(([name]) => name !== '/sw.js'));
        withinBudget('/home', seen, 'script', budgets.scriptBytesGzip.home);
        withinBudget('/home', seen, 'style', budgets.styleBytesGzip.home);
        withinNumber('/home', seen, budgets.files.home);
        // `.lucide` is what holds for all icons; a component's own size for one has to come after it.
        const order = await page.evaluate(() => {
          const rules = [...document.styleSheets].filter(({ href }) => href).flatMap(({ cssRules }) => [...cssRules].map(({ selectorText = '' }) => selectorText));
          return { ofAll: rules.indexOf('.lucide'), ofComponents: rules.findIndex((selector) => /\._\w+_\w+_\d/.test(selector)) };
        });
        assert.ok(order.ofAll >= 0 && order.ofAll < order.ofComponents, JSON.stringify(order));
        await expect.none(problems, 'problems');
        await context.close();
      },
    ],
    ['No page asked another host or met the content security policy', async () => expect.none(phone.problems, 'problems')],
  ],
  { pages: { phone: phone.page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
