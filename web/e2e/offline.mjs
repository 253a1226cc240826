// What is written without a connection: shown as queued, kept over a reload, sent once from whichever tab. `npm run e2e`.
import { launch, openPage } from './browser.mjs';
import { hasLoaded, row } from './chatting.mjs';
import { expect } from './expect.mjs';
import { logIn, message, sendMessage, signUp } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const desk = await openPage(browser, server.url, { viewport: { width: 1280, height: 860 } });
const { page, context } = desk;

// A network in which everything works but what carries messages: pages still load.
let isCut = false;
await context.routeWebSocket(/\/messaging$/, (socket) => (isCut ? socket.close({ code: 1012 }) : socket.connectToServer()));
await context.route(/\/conversations\/[^/]+\/messages$/, (route) => (isCut && route.request().method() === 'POST' ? route.abort() : route.continue()));

// What becomes of a photo on its way: an upload that stands still, or one that arrives while the answer does not.
let photosAre = 'sent';
const held = [];
await context.route(/\/blobs\//, (route) => {
  if (route.request().method() !== 'PUT' || photosAre === 'sent' || photosAre === 'unanswered') return route.continue();
  return held.push(route);
});
await context.route(/\/media\/[^/]+\/complete$/, (route) => (photosAre === 'unanswered' ? held.push(route) && route.abort() : route.continue()));

let conversation;
let tab;
const queued = (on, count) => expect.eventually(`${count} queued`, async () => (await on.getByText('Waiting to be sent', { exact: true }).count()) === count);

async function call(token, method, path, body) {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), 'content-type': 'application/json' };
  const response = await fetch(server.url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json().catch(() => null);
}

async function messages() {
  const { access_token: token } = await call(null, 'POST', '/auth/login', { email: ana.email, password: ana.password, refresh: 'body' });
  const { items } = await call(token, 'GET', `/conversations/${conversation}/messages`);
  return items.toReversed();
}

const failed = await runSteps(
  [
    [
      'Ana and Mara know each other',
      async () => {
        const link = server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean);
        await signUp(page, { ...ana, link });
        const { access_token: token, me } = await call(null, 'POST', '/auth/login', { email: ana.email, password: ana.password, refresh: 'body' });
        const { code } = await call(token, 'POST', '/auth/invitations', {});
        const { name, ...account } = mara;
        const other = await call(null, 'POST', '/auth/signup', { ...account, display_name: name, invitation: code, refresh: 'body' });
        await call(token, 'POST', '/users/follow', { user_id: other.me.id });
        await call(other.access_token, 'POST', '/users/follow', { user_id: me.id });
        ({ id: conversation } = await call(token, 'POST', '/conversations', { user_id: other.me.id }));
      },
    ],
    [
      'what Ana writes without a connection is shown as queued',
      async () => {
        isCut = true;
        await page.goto(`/chat/${conversation}`);
        for (const text of ['First.', 'Second.']) {
          await sendMessage(page, text);
          await expect.visible(message(page, mara.name, text));
        }
        await queued(page, 2);
      },
    ],
    [
      'it is still there after a reload, and in another tab',
      async () => {
        await page.reload();
        await queued(page, 2);
        tab = await context.newPage();
        await tab.goto(`/chat/${conversation}`);
        await queued(tab, 2);
        await sendMessage(tab, 'Third.');
        await queued(tab, 3);
        await queued(page, 3);
      },
    ],
    [
      'once the connection is back, everything is sent once and in order, and both tabs show it',
      async () => {
        isCut = false;
        for (const each of [page, tab]) {
          await queued(each, 0);
          await expect.hidden(each.getByText('Sending', { exact: true }));
          await expect.visible(message(each, mara.name, 'Third.'));
        }
        const found = (await messages()).map(({ body }) => body);
        if (found.join(' ') !== 'First. Second. Third.') throw new Error(`the server has: ${found.join(' ')}`);
      },
    ],
    [
      'a photo whose upload stands still is kept with its message over a reload of the page',
      async () => {
        await tab.close();
        const photo = await drawPhoto(browser, 'The view from the lift');
        photosAre = 'held';
        await page.getByTestId('message-photo-input').setInputFiles({ name: photo.name, mimeType: photo.mimeType, buffer: photo.buffer });
        await page.getByRole('button', { name: 'Describe photo 1' }).click();
        await page.getByLabel('Description').fill(photo.alt);
        await page.getByRole('button', { name: 'Done' }).click();
        await sendMessage(page, 'With a photo.');
        await sendMessage(page, 'And a word after it.');
        for (const turn of ['sent', 'reloaded']) {
          if (turn === 'reloaded') await page.reload();
          await expect.visible(message(page, mara.name, 'With a photo.'));
          await expect.visible(page.getByRole('progressbar', { name: 'Uploading photos' }));
          await hasLoaded('what is to be sent can be seen', page.getByRole('img', { name: photo.alt }));
          await expect.eventually('an upload stands still', () => held.length > 0);
          held.length = 0;
          // In its place: nothing overtakes it.
          await queued(page, 1);
        }
      },
    ],
    [
      'it waits while uploads die at either end, and is sent once, with its photo, and in its place',
      async () => {
        photosAre = 'unanswered';
        await page.reload();
        await expect.eventually('the photo arrived, the answer did not', () => held.length > 0);
        await queued(page, 2);
        photosAre = 'sent';
        await queued(page, 0);
        const sent = row(page, mara.name, 'With a photo.');
        await hasLoaded('the photo is there', sent.getByRole('button', { name: /The view from the lift/ }).locator('img'));
        await expect.visible(row(page, mara.name, 'And a word after it.'));
        await page.reload();
        await expect.visible(sent);
        const found = (await messages()).slice(3).map(({ body, images }) => `${body} ${images.map(({ alt }) => alt).join()}`);
        if (found.join('|') !== 'With a photo. The view from the lift|And a word after it. ') throw new Error(`the server has: ${found.join('|')}`);
      },
    ],
    [
      'what is unsent when Ana logs out is gone from this browser',
      async () => {
        isCut = true;
        await page.reload();
        await sendMessage(page, 'Never sent.');
        await queued(page, 1);
        await page.goto('/settings');
        await page.getByRole('button', { name: 'Log out', exact: true }).click();
        await expect.path(page, /^\/login$/);
        isCut = false;
        await logIn(page, ana);
        await expect.path(page, /^\/home$/);
        await page.goto(`/chat/${conversation}`);
        await expect.visible(message(page, mara.name, 'Third.'));
        await queued(page, 0);
        await expect.hidden(message(page, mara.name, 'Never sent.'));
      },
    ],
  ],
  { pages: { ana: page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
