// What is being written: never cut, never lost, never sent twice, never back after it was sent, whichever of network, store
// and reload comes first; and what Enter means. `npm run e2e`.
import { join, person } from './api.mjs';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { field, inLog, openChat, row } from './chatting.mjs';
import { expect } from './expect.mjs';
import { logIn, message, signUp } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', password: 'tea-at-three-again' };

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const DESK = { viewport: { width: 1280, height: 860 } };
const desk = await openPage(browser, server.url, DESK);
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
const other = await openPage(browser, server.url, DESK);
const { page, context } = desk;

let anaAlone;
let conversation;

// Requests that are under way for as long as the step wants. Messages go over HTTP, where they can be held.
let holds = null;
const held = [];
await context.routeWebSocket(/\/messaging$/, (socket) => (isCut ? socket.close({ code: 1012 }) : socket.connectToServer()));
let isCut = false;
await context.route(/\/conversations\/[^/]+\/(messages|draft)$/, (route) => {
  const asked = `${route.request().method()} ${new URL(route.request().url()).pathname.split('/').at(-1)}`;
  return asked === holds ? held.push(route) : route.continue();
});
const isHeld = (count) => expect.eventually(`${count} requests are held`, () => held.length >= count);
async function letGo() {
  holds = null;
  for (const route of held.splice(0)) await route.continue().catch(() => undefined);
}

const shown = async () => (await anaAlone.call('GET', `/conversations/${conversation}`)).draft?.body ?? null;
const draftIs = (body) => expect.eventually(`the server has the draft ${body}`, async () => (await shown()) === body);
const sentOnce = (body) => expect.eventually(`"${body}" was sent once`, async () => (await anaAlone.messages(conversation)).filter((each) => each.body === body).length === 1);
/** What lies on this device of pictures that wait for their message. */
const keptTrays = () =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        indexedDB.open('village-kept').addEventListener('success', ({ target: { result } }) => {
          result.transaction('kept').objectStore('kept').getAll(IDBKeyRange.lowerBound('')).addEventListener('success', (event) => {
            result.close();
            resolve(event.target.result.filter((value) => value instanceof Blob || value?.photos));
          });
        });
      }),
  );
const key = (target, init) => target.evaluate((element, { keyCode, ...rest }) => {
  const event = new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...rest });
  Object.defineProperty(event, 'keyCode', { value: keyCode });
  element.dispatchEvent(event);
}, init);

const failed = await runSteps(
  [
    [
      'Ana and Mara know each other; Ana is at her desk, on her phone and at another desk',
      async () => {
        await signUp(page, { ...ana, link: server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean) });
        anaAlone = await person(server.url, ana.handle, ana.password);
        const maraAlone = await join(server.url, anaAlone, mara);
        await maraAlone.call('POST', '/users/follow', { user_id: anaAlone.id });
        ({ id: conversation } = await anaAlone.call('POST', '/conversations', { user_id: maraAlone.id }));
        await openChat(page, conversation, mara.name);
        for (const each of [phone.page, other.page]) {
          await logIn(each, ana);
          await expect.path(each, /^\/home$/);
          await openChat(each, conversation, mara.name);
        }
      },
    ],
    [
      'a text that is too long stays whole, says by how much, and cannot be sent; also after a reload',
      async () => {
        const long = 'word '.repeat(824) + 'end';
        await field(page).fill('short enough');
        await draftIs('short enough');
        await field(page).fill(long);
        for (const turn of ['typed', 'reloaded']) {
          if (turn === 'reloaded') await page.reload();
          await expect.value(field(page), long);
          await expect.visible(page.getByText('123 characters too many: a message has up to 4,000.'));
          if (await page.getByRole('button', { name: 'Send' }).isEnabled()) throw new Error('it can be sent');
          await field(page).press('Enter');
          await expect.value(field(page), long);
        }
        expect.none(await accessibilityProblems(page), 'axe found');
        await draftIs('short enough');
        await field(page).fill('');
        await draftIs(null);
        if ((await anaAlone.messages(conversation)).length > 0) throw new Error('something was sent');
      },
    ],
    [
      'what was half-written, and what it answers, is there after a reload',
      async () => {
        await anaAlone.say(conversation, 'Who is up?');
        await expect.visible(message(page, mara.name, 'Who is up?'));
        await row(page, mara.name, 'Who is up?').focus();
        await page.keyboard.press('r');
        await field(page).pressSequentially('Not I, an');
        await page.reload();
        await expect.value(field(page), 'Not I, an');
        await expect.visible(page.getByRole('button', { name: 'Do not reply to it' }));
        await page.getByRole('button', { name: 'Do not reply to it' }).click();
        await field(page).fill('');
        await draftIs(null);
      },
    ],
    [
      'what is written on another device follows when this field is left, and not before; sent there, it goes here',
      async () => {
        await field(page).fill('I will bring the');
        await expect.value(field(other.page), 'I will bring the');
        await field(other.page).fill('I will bring the blanket');
        await draftIs('I will bring the blanket');
        await expect.value(field(phone.page), 'I will bring the blanket');
        await expect.value(field(page), 'I will bring the');
        await field(page).blur();
        await expect.value(field(page), 'I will bring the blanket');
        await field(other.page).press('Enter');
        await expect.value(field(page), '');
        await expect.value(field(phone.page), '');
        await sentOnce('I will bring the blanket');
        await draftIs(null);
      },
    ],
    [
      'two tabs do not overwrite each other; what one sends goes from the other only where it is the same',
      async () => {
        const tab = await context.newPage();
        await openChat(tab, conversation, mara.name);
        await field(page).fill('the same');
        await expect.value(field(tab), 'the same');
        await field(page).press('Enter');
        await expect.value(field(tab), '');
        await field(tab).focus();
        await field(page).fill('first tab');
        await field(tab).fill('second tab');
        await expect.eventually('the server has one of them', async () => (await shown())?.endsWith('tab'));
        await expect.value(field(page), 'first tab');
        await field(tab).press('Enter');
        await sentOnce('second tab');
        await expect.value(field(page), 'first tab');
        await page.reload();
        await expect.value(field(page), 'first tab');
        await tab.close();
        await field(page).fill('');
        await draftIs(null);
      },
    ],
    [
      'on a phone Enter makes a line, and the button sends',
      async () => {
        const there = field(phone.page);
        if ((await there.getAttribute('enterkeyhint')) !== 'enter') throw new Error('the key says that it sends');
        await there.tap();
        await phone.page.keyboard.type('Two');
        await phone.page.keyboard.press('Enter');
        await phone.page.keyboard.type('lines');
        await expect.value(there, 'Two\nlines');
        await phone.page.getByRole('button', { name: 'Send' }).tap();
        await sentOnce('Two\nlines');
        await expect.value(there, '');
      },
    ],
    [
      'at a desk Enter sends and Shift with it makes a line; the Enter that takes a word of an input method does neither',
      async () => {
        if ((await field(page).getAttribute('enterkeyhint')) !== 'send') throw new Error('the key does not say that it sends');
        await field(page).pressSequentially('かんじ');
        // As Safari sends them: the composition is over when the key comes, and only its old code tells.
        await key(field(page), { key: 'Enter', keyCode: 229, isComposing: false });
        // As Chrome does.
        await key(field(page), { key: 'Enter', keyCode: 229, isComposing: true });
        await expect.value(field(page), 'かんじ');
        await field(page).press('Shift+Enter');
        await field(page).pressSequentially('OK');
        await expect.value(field(page), 'かんじ\nOK');
        await field(page).press('Enter');
        await sentOnce('かんじ\nOK');
      },
    ],
    ['nothing went wrong behind the pages', async () => expect.none([...desk.problems, ...phone.problems, ...other.problems], 'the pages reported')],
    [
      'reloaded right after sending, while the message is still under way, it is sent once and no draft comes back',
      async () => {
        await field(page).fill('tea at three');
        await draftIs('tea at three');
        isCut = true;
        await page.reload();
        await expect.value(field(page), 'tea at three');
        holds = 'POST messages';
        await field(page).press('Enter');
        await expect.value(field(page), '');
        await isHeld(1);
        await page.reload();
        await expect.visible(message(page, mara.name, 'tea at three'));
        await expect.value(field(page), '');
        await letGo();
        await sentOnce('tea at three');
        await draftIs(null);
        await page.reload();
        await expect.visible(message(page, mara.name, 'tea at three'));
        await expect.value(field(page), '');
      },
    ],
    [
      'a draft that was under way while its message was sent does not come back, here or elsewhere',
      async () => {
        holds = 'PUT draft';
        await field(page).fill('cake, too');
        await isHeld(1);
        await field(page).press('Enter');
        await sentOnce('cake, too');
        await letGo();
        await page.reload();
        await expect.visible(message(page, mara.name, 'cake, too'));
        await expect.value(field(page), '');
        await expect.value(field(other.page), '');
        await draftIs(null);
      },
    ],
    [
      'reloaded while a draft is under way, every word is there again, and the server gets them',
      async () => {
        holds = 'PUT draft';
        await field(page).fill('half of');
        await isHeld(1);
        await field(page).fill('half of it and more');
        await page.reload();
        await expect.value(field(page), 'half of it and more');
        await letGo();
        await draftIs('half of it and more');
        await field(page).fill('');
        await draftIs(null);
      },
    ],
    [
      'a change of a message that the server refuses stays in the field, over a reload too, and can be tried again',
      async () => {
        const refuse = (route) => (route.request().method() === 'PATCH' ? route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify({ code: 'cannot_send', title: 'Forbidden', status: 403 }) }) : route.continue());
        await page.route(/\/messages\/[^/]+$/, refuse);
        await field(page).press('ArrowUp');
        const edited = page.getByLabel('Edit message');
        await expect.value(edited, 'cake, too');
        await edited.fill('cake and scones');
        await edited.press('Enter');
        await expect.visible(page.getByText(/^You cannot send messages/));
        await expect.value(edited, 'cake and scones');
        await page.reload();
        await expect.value(edited, 'cake and scones');
        await page.unroute(/\/messages\/[^/]+$/, refuse);
        await edited.press('Enter');
        await expect.visible(inLog(page, mara.name).getByText('cake and scones', { exact: true }));
        await expect.visible(field(page));
      },
    ],
    [
      'photos chosen for a message are there after a reload, with their words, and go with it once',
      async () => {
        const photo = await drawPhoto(browser, 'An evening sun over a green field');
        const describe = page.getByRole('button', { name: 'Describe photo 1' });
        const words = page.getByRole('dialog', { name: 'Describe the photo' }).getByLabel('Description');
        const done = page.getByRole('button', { name: 'Done' });
        await page.getByTestId('message-photo-input').setInputFiles({ name: photo.name, mimeType: photo.mimeType, buffer: photo.buffer });
        await describe.click();
        await words.fill(photo.alt);
        await done.click();
        await expect.eventually('it is on the disk', async () => JSON.stringify(await keptTrays()).includes(photo.alt));
        await page.reload();
        await describe.click();
        await expect.value(words, photo.alt);
        await done.click();
        await page.getByRole('button', { name: 'Send', exact: true }).click();
        const withPhoto = async () => (await anaAlone.messages(conversation)).filter(({ images }) => images?.[0]?.alt === photo.alt);
        await expect.eventually('it is sent', async () => (await withPhoto()).length === 1);
        await expect.eventually('nothing of it is left on the disk', async () => (await keptTrays()).length === 0);
        await page.reload();
        await expect.visible(inLog(page, mara.name).getByRole('button', { name: /^Open photo 1 of 1/ }));
        await expect.hidden(describe);
      },
    ],
  ],
  { pages: { desk: page, phone: phone.page, other: other.page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
