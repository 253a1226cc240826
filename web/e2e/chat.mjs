// A group and what people do in it, on a desk and on a phone: the whole of chat in a real browser. `npm run e2e`.
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { join, person } from './api.mjs';
import * as chatting from './chatting.mjs';
import { about, closeSheet, field, hasFocus, hasLoaded } from './chatting.mjs';
import { expect } from './expect.mjs';
import { createChannel, goTo, logIn, message, sendMessage, signUp } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };
const ben = { name: 'Ben Carter', handle: 'ben', password: 'mud-is-only-earth' };
const leila = { name: 'Leila Haddad', handle: 'leila', password: 'first-everything' };
const GROUP = 'Night shift';

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const DESK = { viewport: { width: 1280, height: 860 } };
const desk = await openPage(browser, server.url, DESK);
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
const atDesk = desk.page;
const onPhone = phone.page;
let benAlone;
let leilaAlone;
let groupId;
let joinLink;

const inLog = (page, name = GROUP) => chatting.inLog(page, name);
const row = (page, text, name = GROUP) => chatting.row(page, name, text);
const openActions = (page, text) => chatting.openActions(page, row(page, text), { byTouch: page === onPhone });

const failed = await runSteps(
  [
    [
      'Ana, Mara, Ben and Leila are here; Mara and Ben follow Ana',
      async () => {
        await signUp(atDesk, { ...ana, link: server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean) });
        const anaAlone = await person(server.url, ana.handle, ana.password);
        const maraAlone = await join(server.url, anaAlone, mara);
        benAlone = await join(server.url, anaAlone, ben);
        leilaAlone = await join(server.url, anaAlone, leila);
        for (const each of [maraAlone, benAlone]) await each.call('POST', '/users/follow', { user_id: anaAlone.id });
        await logIn(onPhone, mara);
        await expect.path(onPhone, /^\/home$/);
      },
    ],
    [
      'Ana makes a group; it appears on Mara’s phone',
      async () => {
        await goTo(onPhone, 'Messages');
        await goTo(atDesk, 'Messages');
        await atDesk.getByRole('button', { name: 'Write to someone' }).click();
        const dialog = atDesk.getByRole('dialog', { name: 'New message' });
        await dialog.getByRole('checkbox', { name: /Mara Lindqvist/ }).click();
        await dialog.getByRole('checkbox', { name: /Ben Carter/ }).click();
        await dialog.getByRole('button', { name: 'New group' }).click();
        await atDesk.getByLabel('Name of the group').fill(GROUP);
        await atDesk.getByRole('button', { name: 'Create group' }).click();
        await expect.visible(inLog(atDesk).getByText('You made the group'));
        groupId = new URL(atDesk.url()).pathname.split('/').at(-1);
        await onPhone.getByRole('link', { name: new RegExp(GROUP) }).click();
        await expect.visible(inLog(onPhone).getByText('Ana Ribeiro made the group'));
      },
    ],
    [
      'they talk; each sees who said what, and that it was seen',
      async () => {
        await sendMessage(atDesk, 'Who else is up?');
        await expect.visible(message(onPhone, GROUP, 'Who else is up?'));
        await sendMessage(onPhone, 'Third feed. Tea is on.');
        await expect.visible(message(atDesk, GROUP, 'Third feed. Tea is on.'));
        await expect.visible(inLog(atDesk).getByText(mara.name, { exact: true }));
        await expect.visible(inLog(atDesk).getByText('Seen by 1'));
      },
    ],
    [
      'Ana sees that Mara is writing',
      async () => {
        await expect.eventually('Mara is writing', async () => {
          await field(onPhone).press('m');
          return atDesk.getByRole('log').getByText(`${mara.name} is writing`).isVisible();
        });
        await field(onPhone).fill('');
      },
    ],
    [
      'Mara answers a message by holding it; the answer leads back to it',
      async () => {
        const dialog = await openActions(onPhone, 'Who else is up?');
        await dialog.getByRole('button', { name: 'Reply' }).click();
        await sendMessage(onPhone, 'The cat, too.');
        const answer = row(atDesk, 'The cat, too.');
        await expect.visible(answer);
        await answer.getByRole('button', { name: /^Answers/ }).click();
        await hasFocus('the answered message has the focus', row(atDesk, 'Who else is up?'));
      },
    ],
    [
      'Ana reacts with the keyboard, Mara joins in',
      async () => {
        const dialog = await openActions(atDesk, 'Tea is on.');
        await dialog.getByRole('button', { name: 'React with ❤️' }).click();
        await onPhone.getByRole('button', { name: '❤️, 1 person' }).click();
        await expect.visible(atDesk.getByRole('button', { name: '❤️, 2 people', pressed: true }));
      },
    ],
    [
      'Ana edits her last message with the arrow up; what it said before can be read',
      async () => {
        await sendMessage(atDesk, 'Bring cak');
        await expect.visible(message(onPhone, GROUP, 'Bring cak'));
        await field(atDesk).press('ArrowUp');
        const editing = atDesk.getByLabel('Edit message');
        await expect.value(editing, 'Bring cak');
        await editing.fill('Bring cake');
        await editing.press('Enter');
        await expect.visible(message(onPhone, GROUP, 'Bring cake'));
        await row(onPhone, 'Bring cake').getByRole('button', { name: 'Edited' }).click();
        await expect.visible(onPhone.getByRole('dialog').getByText('Bring cak', { exact: true }));
        await onPhone.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
      },
    ],
    [
      'Ana deletes a message; a mark of it stays with everyone',
      async () => {
        await sendMessage(atDesk, 'wrong window');
        await expect.visible(message(onPhone, GROUP, 'wrong window'));
        const dialog = await openActions(atDesk, 'wrong window');
        await dialog.getByRole('button', { name: 'Delete message' }).click();
        await atDesk.getByRole('alertdialog').getByRole('button', { name: 'Delete message' }).click();
        await expect.visible(inLog(onPhone).getByText('This message was deleted'));
        await expect.hidden(message(onPhone, GROUP, 'wrong window'));
      },
    ],
    [
      'Mara sends a photo with a description; Ana opens it',
      async () => {
        const photo = await drawPhoto(browser, 'A field in the evening');
        await onPhone.getByTestId('message-photo-input').setInputFiles({ name: photo.name, mimeType: photo.mimeType, buffer: photo.buffer });
        await onPhone.getByRole('button', { name: 'Describe photo 1' }).click();
        await onPhone.getByLabel('Description').fill(photo.alt);
        await onPhone.getByRole('button', { name: 'Done' }).click();
        // Sent before it is uploaded: the outbox does the rest.
        await sendMessage(onPhone, 'From the window.');
        const open = row(atDesk, 'From the window.').getByRole('button', { name: /^Open photo 1 of 1: A field in the evening/ });
        await hasLoaded('the photo has loaded', open.locator('img'));
        await open.click();
        await expect.visible(atDesk.getByRole('dialog', { name: 'Photos' }));
        await atDesk.getByRole('dialog', { name: 'Photos' }).getByRole('button', { name: 'Close' }).click();
      },
    ],
    [
      'Ana mentions Ben and pins it; the pin leads to it',
      async () => {
        await field(atDesk).pressSequentially('@be');
        await expect.visible(atDesk.getByRole('option', { name: /Ben Carter/ }));
        await field(atDesk).press('Enter');
        await expect.value(field(atDesk), '@ben ');
        await field(atDesk).pressSequentially('Saturday at ten?');
        await field(atDesk).press('Enter');
        const dialog = await openActions(atDesk, 'Saturday at ten?');
        await dialog.getByRole('button', { name: 'Pin', exact: true }).click();
        await onPhone.getByRole('button', { name: /Pinned.*Saturday at ten/ }).click();
        await hasFocus('the pinned message has the focus', row(onPhone, 'Saturday at ten?'));
      },
    ],
    ['the group is accessible', async () => expect.none([...(await accessibilityProblems(onPhone)), ...(await accessibilityProblems(atDesk))], 'axe found')],
    [
      'a half-written message of Ana’s can be finished on her other device',
      async () => {
        await field(atDesk).fill('I will bring the');
        const other = await openPage(browser, server.url, DESK);
        await logIn(other.page, ana);
        await expect.path(other.page, /^\/home$/);
        await expect.eventually('the draft is there', async () => {
          await other.page.goto(`/chat/${groupId}`);
          await expect.visible(field(other.page));
          return (await field(other.page).inputValue()) === 'I will bring the';
        });
        // She has put this one down: a field that is being written in is changed by nobody else.
        await field(atDesk).blur();
        await field(other.page).fill('I will bring the blanket');
        await expect.value(field(atDesk), 'I will bring the blanket');
        await field(other.page).press('Enter');
        await expect.value(field(atDesk), '');
        await expect.visible(message(atDesk, GROUP, 'I will bring the blanket'));
        await other.context.close();
      },
    ],
    [
      'Mara mutes the group, and sees it in the list',
      async () => {
        const dialog = await about(onPhone, GROUP);
        await dialog.getByRole('radio', { name: 'None' }).click({ force: true });
        expect.none(await accessibilityProblems(onPhone), 'axe found');
        await closeSheet(dialog);
        await onPhone.getByRole('button', { name: 'Back' }).click();
        await expect.visible(onPhone.getByRole('link', { name: new RegExp(GROUP) }).getByRole('img', { name: 'Muted' }));
      },
    ],
    [
      'Ana finds a message by its words and is taken there',
      async () => {
        await atDesk.getByLabel('Search messages').fill('third feed');
        await atDesk.getByRole('region', { name: 'Messages', exact: true }).getByRole('link', { name: /Third feed/ }).click();
        await hasFocus('the message found has the focus', row(atDesk, 'Third feed'));
      },
    ],
    [
      'Leila, whom Mara does not follow, writes; Mara accepts',
      async () => {
        const { items } = await leilaAlone.call('GET', '/users?query=mara');
        const { id } = await leilaAlone.call('POST', '/conversations', { user_id: items[0].id });
        await leilaAlone.say(id, 'May I ask you about the night nurse?');
        await onPhone.getByRole('link', { name: /^Requests/ }).click();
        await onPhone.getByRole('region', { name: 'Requests' }).getByRole('link', { name: /Leila Haddad/ }).click();
        await expect.visible(message(onPhone, leila.name, 'May I ask you about the night nurse?'));
        expect.none(await accessibilityProblems(onPhone), 'axe found');
        await onPhone.getByRole('button', { name: 'Accept' }).click();
        await sendMessage(onPhone, 'Of course.');
        await expect.visible(message(onPhone, leila.name, 'Of course.'));
        await expect.eventually('Leila has the answer', async () => (await leilaAlone.messages(id)).some(({ body }) => body === 'Of course.'));
      },
    ],
    [
      'Ana makes a link; Leila’s code works, and opens what it says',
      async () => {
        const dialog = await about(atDesk, GROUP);
        await dialog.getByRole('button', { name: 'Make a link' }).click();
        joinLink = await dialog.getByLabel('Link to the group').inputValue();
        await closeSheet(dialog);
        const other = await openPage(browser, server.url, DESK);
        await other.page.goto(joinLink);
        await expect.path(other.page, /^\/login$/);
        if (other.page.url().includes(joinLink.split('#')[1])) throw new Error('the code is in the address of the log-in page');
        await other.page.getByLabel('E-mail').fill('leila@village.example');
        await other.page.getByLabel('Password').fill(leila.password);
        await other.page.getByRole('button', { name: 'Log in' }).click();
        await expect.visible(other.page.getByRole('heading', { name: GROUP }));
        await other.page.getByRole('button', { name: 'Join the group' }).click();
        await expect.visible(inLog(other.page));
        await expect.visible(inLog(atDesk).getByText('Leila Haddad joined'));
        expect.none(other.problems, 'the page reported');
        await other.context.close();
      },
    ],
    [
      'Ana opens the chat of a channel of hers from the channel’s page',
      async () => {
        await createChannel(atDesk, { name: 'Preemies', slug: 'preemies', description: 'For parents whose children came early.' });
        await atDesk.getByRole('button', { name: 'Open the channel’s chat' }).click();
        await sendMessage(atDesk, 'Welcome, everybody.');
        await expect.visible(message(atDesk, 'Preemies', 'Welcome, everybody.'));
        await atDesk.goto(`/chat/${groupId}`);
        await expect.visible(inLog(atDesk));
      },
    ],
    ['nothing went wrong behind the pages', async () => expect.none([...desk.problems, ...phone.problems], 'the pages reported')],
    [
      'what Ana writes without a network waits, and is sent once when it is back',
      async () => {
        await desk.context.setOffline(true);
        await sendMessage(atDesk, 'Written in the lift.');
        await expect.visible(inLog(atDesk).getByText('Waiting to be sent'));
        await desk.context.setOffline(false);
        await expect.hidden(inLog(atDesk).getByText('Waiting to be sent'));
        await expect.eventually('Ben has it once', async () => (await benAlone.messages(groupId)).filter(({ body }) => body === 'Written in the lift.').length === 1);
      },
    ],
    [
      'Ana leaves; Mara reads that, and who follows her as owner',
      async () => {
        const dialog = await about(atDesk, GROUP);
        await dialog.getByRole('button', { name: 'Leave group' }).click();
        await atDesk.getByRole('alertdialog').getByRole('button', { name: 'Leave group' }).click();
        await expect.path(atDesk, /^\/chat$/);
        await expect.hidden(atDesk.getByRole('link', { name: new RegExp(GROUP) }));
        await onPhone.goto(`/chat/${groupId}`);
        await expect.visible(inLog(onPhone).getByText('Ana Ribeiro left'));
      },
    ],
  ],
  { pages: { ana: atDesk, mara: onPhone }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
