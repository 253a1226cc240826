// The client without a network: what can be read is read, what cannot says so, everything goes with the session, and a new
// version waits for whoever is writing. `npm run e2e`.
import assert from 'node:assert/strict';
import { join, person } from './api.mjs';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { openGate } from './gate.mjs';
import { goTo, logIn, message, navigation, post, sendMessage, signUp } from './people.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };
const GONE = /net::ERR_|PageNotLoaded|Couldn't load preload assets|WebSocket connection to|status of 40[134]|Failed to update a ServiceWorker|An unknown error occurred when fetching the script/;
const PHONE = { viewport: { width: 390, height: 844 } };

const gate = await openGate();
const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)), settings: { VILLAGE_PUBLIC_URL: gate.url } });
gate.leadTo(server.listen);
const direct = `http://${server.listen}`;
const browser = await launch();
const plain = await openPage(browser, gate.url, PHONE);
const phone = await openPage(browser, gate.url, { ...PHONE, serviceWorkers: 'allow' });
const { page, context } = phone;

let a;
let m;
let conversation;
let channel;
let told;
let secret;
let thoughts = 0;

const offlineLine = (on) => on.getByText(/^You are offline/);
const leave = () => page.goto('about:blank');

/** Everything in every IndexedDB of this origin, as text. */
const onDevice = (on) =>
  on.evaluate(async () => {
    const texts = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((resolve) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => resolve(opening.result);
      });
      for (const store of database.objectStoreNames) {
        const all = await new Promise((resolve) => {
          const reading = database.transaction(store).objectStore(store).getAll();
          reading.onsuccess = () => resolve(reading.result);
        });
        texts.push(...all.map((value) => JSON.stringify(value)));
      }
      database.close();
    }
    return texts.join('\n');
  });

const isEmptied = async (on) => {
  await expect.eventually('nothing is left on the device', async () => (await onDevice(on)) === '');
  const storage = await on.evaluate(() => JSON.stringify({ ...localStorage }));
  assert.ok(!storage.includes('Ana') && !storage.includes('village.session'), storage);
};

/** Cache Storage holds the files of the build, and nothing else. */
async function onlyTheShell(on) {
  const urls = await on.evaluate(async () => {
    const found = [];
    for (const name of await caches.keys()) for (const { url } of await (await caches.open(name)).keys()) found.push(`${name} ${new URL(url).pathname}${new URL(url).search}`);
    return found;
  });
  assert.ok(urls.length > 20, `only ${urls.length} files are stored`);
  const others = urls.filter((url) => !/^village-shell-[0-9a-f]+ \/(?:assets\/[^?]+|[\w-]+\.(?:png|svg|js|webmanifest))?$/.test(url));
  expect.none(others, 'more than the client is stored');
}

const readSession = async () => (await a.call('GET', '/auth/sessions')).items;

async function logInHere() {
  await logIn(page, ana);
  await expect.visible(page.getByRole('heading', { name: 'Home', exact: true }));
}

/** Looks at everything once, so that it is kept. */
async function lookAround() {
  const places = [
    ['/home', 'Day 41.'],
    [`/p/${told}`, 'Hold on.'],
    [`/p/${secret}`, 'Only for a while.'],
    ['/c/garden', 'What grows where.'],
    ['/@mara', 'Night shifts and rye bread.'],
    [`/chat/${conversation}`, 'Tea at three?'],
  ];
  for (const [path, text] of places) {
    await page.goto(path);
    await expect.visible(page.getByText(text).filter({ visible: true }));
    await isKept(text);
  }
  await isKept('"rule":"messages"');
  const words = `Half a thought, ${(thoughts += 1)}`;
  await page.getByLabel('Message', { exact: true }).fill(words);
  await isKept(words);
}

const isKept = (text) => expect.eventually(`"${text}" is kept`, async () => (await onDevice(page)).includes(text));

const failed = await runSteps(
  [
    [
      'there are people, posts and words',
      async () => {
        const link = server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean);
        await signUp(plain.page, { ...ana, link });
        a = await person(direct, 'ana', ana.password);
        m = await join(direct, a, mara);
        await m.call('PATCH', '/users/me', { bio: 'Night shifts and rye bread.' });
        await a.call('POST', '/users/follow', { user_id: m.id });
        await m.call('POST', '/users/follow', { user_id: a.id });
        channel = await m.call('POST', '/channels', { name: 'Garden', slug: 'garden', description: 'What grows where.', visibility: 'open' });
        await a.call('PUT', `/channels/${channel.id}/membership`);
        ({ id: told } = await m.call('POST', '/posts', { body: 'Day 41. She slept.', media: [] }));
        ({ id: secret } = await m.call('POST', '/posts', { body: 'Only for a while.', media: [] }));
        await m.call('POST', `/posts/${told}/comments`, { body: 'Hold on.' });
        ({ id: conversation } = await m.call('POST', '/conversations', { user_id: a.id }));
        await m.say(conversation, 'Tea at three?');
      },
    ],
    [
      'without a service worker: a page whose code is not there leaves the navigation, says so, and comes by itself',
      async () => {
        await plain.page.goto('/home');
        await expect.visible(post(plain.page, 'Day 41.'));
        await plain.context.setOffline(true);
        await goTo(plain.page, 'Channels');
        await expect.visible(plain.page.getByRole('heading', { name: 'Not here yet' }));
        await expect.visible(plain.page.getByText('This page could not be loaded.'));
        await expect.visible(navigation(plain.page));
        await expect.visible(offlineLine(plain.page));
        assert.equal(await plain.page.getByText('Show Error').count(), 0);
        expect.none(await accessibilityProblems(plain.page), 'the page that is not there');
        await goTo(plain.page, 'Home');
        await expect.visible(post(plain.page, 'Day 41.'));
        await goTo(plain.page, 'Channels');
        await expect.visible(plain.page.getByText('This page could not be loaded.'));
        await plain.context.setOffline(false);
        await expect.visible(plain.page.getByRole('button', { name: 'Create channel' }));
        await expect.hidden(offlineLine(plain.page));
      },
    ],
    [
      'a sheet whose code is not there says so, and can be opened once the network is back',
      async () => {
        await plain.page.goto('/home');
        await expect.visible(post(plain.page, 'Day 41.'));
        const write = plain.page.getByRole('button', { name: 'New post' });
        await plain.context.setOffline(true);
        await write.click();
        await expect.visible(plain.page.getByRole('log', { name: 'Short messages' }).getByText(/./));
        await plain.context.setOffline(false);
        await expect.hidden(offlineLine(plain.page));
        await expect.eventually('it opens', async () => {
          await write.click();
          return plain.page.getByLabel('Your post').waitFor({ timeout: 2_000 }).then(() => true, () => false);
        });
      },
    ],
    [
      'after a deployment, a page whose file is gone offers the new version, and what was begun is kept',
      async () => {
        await plain.page.goto(`/chat/${conversation}`);
        await plain.page.getByLabel('Message', { exact: true }).fill('Half a sentence');
        await expect.eventually('it is kept', async () => (await a.call('GET', `/conversations/${conversation}`)).draft?.body === 'Half a sentence');
        gate.replace(/^\/assets\/SettingsPage-.*\.js$/, () => ({ status: 404, body: 'gone' }));
        gate.replace('/', (html) => ({ body: html.replace(/(<script type="module"[^>]*src=")[^"]+/, '$1/assets/index-ofAnotherBuild.js') }));
        await plain.page.evaluate(() => window.history.pushState({}, '', '/settings'));
        await plain.page.evaluate(() => window.dispatchEvent(new PopStateEvent('popstate')));
        await expect.visible(plain.page.getByText('There is a new version of Village, and this page needs it.'));
        await expect.visible(navigation(plain.page));
        gate.restore();
        await plain.page.getByRole('button', { name: 'Reload' }).click();
        await expect.visible(plain.page.getByRole('heading', { name: 'Settings', exact: true }));
        await plain.page.goto(`/chat/${conversation}`);
        await expect.value(plain.page.getByLabel('Message', { exact: true }), 'Half a sentence');
        await plain.page.getByLabel('Message', { exact: true }).fill('');
      },
    ],
    [
      'the whole client is stored, and nothing but the client',
      async () => {
        await logInHere();
        await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
        await expect.eventually('the worker serves this page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
        await lookAround();
        await onlyTheShell(page);
        const policy = await page.evaluate(async () => (await caches.match('/')).headers.get('content-security-policy'));
        assert.match(policy, /script-src 'self'/);
      },
    ],
    [
      'with the server gone, a reload shows the feed, a conversation, a profile, a channel and a deep link',
      async () => {
        gate.shut();
        await page.goto('/home');
        await expect.visible(post(page, 'Day 41.'));
        await expect.visible(offlineLine(page));
        await expect.visible(page.getByText(/You see what was here (?:at|on) /));
        await page.reload();
        await expect.visible(post(page, 'Day 41.'));
        await page.goto(`/p/${told}`);
        await expect.visible(page.getByText('Hold on.'));
        await page.goto('/@mara');
        await expect.visible(page.getByText('Night shifts and rye bread.'));
        await page.goto('/c/garden');
        await expect.visible(page.getByText('What grows where.'));
        await page.goto('/people');
        await expect.visible(page.getByText('The server could not be reached.', { exact: false }).first());
        await page.goto(`/chat/${conversation}`);
        await expect.visible(message(page, mara.name, 'Tea at three?'));
        expect.none(await accessibilityProblems(page), 'offline');
      },
    ],
    [
      'what needs the server says so and keeps what was entered; a message waits',
      async () => {
        await sendMessage(page, 'Yes, with cake.');
        await expect.visible(page.getByText('Waiting to be sent', { exact: true }));
        await page.goto(`/p/${told}`);
        await page.getByLabel('Add a comment').fill('We slept too.');
        await page.getByRole('button', { name: 'Comment', exact: true }).click();
        await expect.visible(page.getByText('The server could not be reached. Check your connection and try again.').first());
        await expect.value(page.getByLabel('Add a comment'), 'We slept too.');
        await page.getByRole('button', { name: /^Like, / }).click();
        await expect.eventually('the like is taken back', async () => (await page.getByRole('button', { name: /^Like, / }).getAttribute('aria-pressed')) === 'false');
      },
    ],
    [
      'once the server is back, everything goes on by itself',
      async () => {
        await page.goto('/people');
        await expect.visible(page.getByText('The server could not be reached.', { exact: false }).first());
        gate.open();
        await expect.visible(page.getByRole('link', { name: new RegExp(mara.name) }).first());
        await expect.hidden(offlineLine(page));
        await expect.eventually('the message has arrived', async () => (await a.messages(conversation)).some(({ body }) => body === 'Yes, with cake.'));
      },
    ],
    [
      'on a line that brings nothing, the app opens at once with what is kept',
      async () => {
        gate.silence();
        await page.goto('/home', { waitUntil: 'commit' });
        await expect.visible(post(page, 'Day 41.'));
        gate.open();
      },
    ],
    [
      'what became forbidden goes at the next contact, from the screen and from the device',
      async () => {
        await page.goto(`/p/${secret}`);
        await expect.visible(page.getByText('Only for a while.'));
        gate.shut();
        await page.reload();
        await expect.visible(page.getByText('Only for a while.'));
        await m.call('DELETE', `/posts/${secret}`);
        gate.open();
        await expect.hidden(page.getByText('Only for a while.'));
        await expect.visible(page.getByText('This is not here any more, or it is not open to you.'));
        // Nobody looks at these; they go all the same.
        await page.goto('/settings');
        await m.call('PUT', `/users/${a.id}/block`);
        await page.reload();
        for (const part of ['Only for a while.', 'Day 41.', 'Hold on.', 'Night shifts and rye bread.']) {
          await expect.eventually(`"${part}" is gone`, async () => !(await onDevice(page)).includes(part));
        }
        await m.call('DELETE', `/users/${a.id}/block`);
      },
    ],
    [
      'an update is offered while someone writes, and what is written survives',
      async () => {
        await page.goto(`/chat/${conversation}`);
        await page.getByLabel('Message', { exact: true }).fill('A long thought');
        const other = await context.newPage();
        await other.goto('/home');
        await other.getByRole('button', { name: 'New post' }).click();
        await other.getByLabel('Your post').fill('Half a post');
        gate.replace('/sw.js', (code) => ({ body: code.replace(/version:?"?:?["`][0-9a-f]{16}["`]/, (found) => found.replace(/[0-9a-f]{16}/, 'fedcba9876543210')) }));
        gate.replace('/', (html) => ({ body: html.replace('<head>', '<head><meta name="release" content="next">') }));
        await page.evaluate(() => navigator.serviceWorker.getRegistration().then((registration) => registration.update()).then(() => undefined));
        await expect.visible(page.getByText('A new version is ready.'));
        await expect.value(page.getByLabel('Message', { exact: true }), 'A long thought');
        assert.equal(await page.locator('meta[name="release"]').count(), 0, 'reloaded without being asked');
        expect.none(await accessibilityProblems(page), 'the offer of a new version');
        await page.getByRole('button', { name: 'Reload' }).click();
        await expect.eventually('the new version runs', async () => (await page.locator('meta[name="release"]').count()) === 1);
        await expect.value(page.getByLabel('Message', { exact: true }), 'A long thought');
        // The other tab is in the middle of a post: it stays as it is.
        await expect.value(other.getByLabel('Your post'), 'Half a post');
        assert.equal(await other.locator('meta[name="release"]').count(), 0, 'reloaded under the fingers');
        await other.reload();
        await expect.eventually('the other tab follows when it is loaded again', async () => (await other.locator('meta[name="release"]').count()) === 1);
        await other.close();
        await onlyTheShell(page);
        await page.getByLabel('Message', { exact: true }).fill('');
      },
    ],
    [
      'a session that was ended on another device while this one was offline is emptied at the next contact',
      async () => {
        await lookAroundAgain();
        gate.shut();
        await page.reload();
        await expect.visible(message(page, mara.name, 'Tea at three?'));
        for (const each of await readSession()) if (!each.current) await a.call('DELETE', `/auth/sessions/${each.id}`);
        gate.open();
        await expect.path(page, /^\/login$/);
        await isEmptied(page);
        await onlyTheShell(page);
      },
    ],
    [
      'and also when no tab was open',
      async () => {
        await logInHere();
        await lookAroundAgain();
        await leave();
        for (const each of await readSession()) if (!each.current) await a.call('DELETE', `/auth/sessions/${each.id}`);
        await page.goto(`/chat/${conversation}`);
        await expect.path(page, /^\/login$/);
        await isEmptied(page);
      },
    ],
    [
      'logging out empties every tab and the device',
      async () => {
        await logInHere();
        await lookAroundAgain();
        const other = await context.newPage();
        await other.goto('/home');
        await expect.visible(other.getByRole('heading', { name: 'Home', exact: true }));
        await page.goto('/settings');
        await page.getByRole('button', { name: 'Log out', exact: true }).click();
        await expect.path(page, /^\/login$/);
        await expect.path(other, /^\/login$/);
        await isEmptied(page);
        await other.close();
        // Back does not bring it back, nor does a reload without a network.
        gate.shut();
        await page.goto('/home');
        await expect.path(page, /^\/login$/);
        gate.open();
      },
    ],
    [
      'another person on the same device finds nothing of the one before',
      async () => {
        await logInHere();
        await lookAroundAgain();
        await leave();
        // Her cookie takes the place of Ana's, as after a log-in that this page has not seen.
        const answer = await context.request.post(`${gate.url}/auth/login`, { data: { email: mara.email, password: mara.password, refresh: 'cookie' }, headers: { origin: gate.url } });
        assert.equal(answer.status(), 200);
        await page.goto('/settings');
        await expect.eventually('it is Mara who is remembered', async () => (await onDevice(page)).includes('"handle":"mara"'));
        await expect.eventually('nothing of Ana is left', async () => !/ana@village\.example|Half a thought/.test(await onDevice(page)));
        await page.goto('/home');
        await expect.visible(page.getByRole('link', { name: 'Your profile' }).or(page.getByRole('link', { name: mara.name })));
      },
    ],
    [
      'nothing went wrong behind the pages, but for what the browser says of a server that is gone',
      async () => expect.none([...plain.problems, ...phone.problems].filter((problem) => !GONE.test(problem)), 'the pages reported'),
    ],
  ],
  { pages: { plain: plain.page, phone: page }, log: server.log },
);

/** What a device keeps of one conversation. */
async function lookAroundAgain() {
  await page.goto(`/chat/${conversation}`);
  await expect.visible(message(page, mara.name, 'Tea at three?'));
  await isKept('"rule":"messages"');
  const words = `Half a thought, ${(thoughts += 1)}`;
  await page.getByLabel('Message', { exact: true }).fill(words);
  await isKept(words);
}

await browser.close();
gate.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
