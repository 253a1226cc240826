// Writing a post: where it goes and who will see it, and that nothing of it is lost on the way. `npm run e2e`.
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { ask, join, person } from './api.mjs';
import { field, openChat } from './chatting.mjs';
import { expect } from './expect.mjs';
import { goTo, logIn, navigation, post } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/(\S+)/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
const WORDS = 'Day 41, and half a sentence';
const ALT = 'An evening sun over a green field';

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const phone = await openPage(browser, server.url, PHONE);
/** The same person on devices that keep nothing: without a store, with one that does not answer, and with a full one. */
const BROKEN = {
  none: () => Object.defineProperty(window, 'indexedDB', { value: undefined }),
  hung: () => {
    IDBFactory.prototype.open = () => new EventTarget();
  },
  full: () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('The disk is full.', 'QuotaExceededError');
    };
  },
};
const bare = [];
for (const breakStore of Object.values(BROKEN)) {
  const opened = await openPage(browser, server.url, PHONE);
  await opened.page.addInitScript(breakStore);
  bare.push(opened);
}
let { page } = phone;
let anaAlone;
let maraAlone;
let openChannel;
let privateChannel;
let photo;

const composer = (on = page) => on.getByRole('dialog', { name: 'New post' });
const words = (on = page) => composer(on).getByLabel('Your post');
const sees = (text, on = page) => expect.visible(composer(on).getByText(text));

async function write(on = page) {
  await navigation(on).getByRole('button', { name: 'New post' }).click();
  await expect.visible(words(on));
}

async function choose(place) {
  await composer().getByRole('button', { name: /Where to/ }).click();
  await page.getByRole('option', { name: place }).click();
}

async function send() {
  await composer().getByRole('button', { name: 'Post', exact: true }).click();
  await expect.hidden(composer());
}

async function hasAll(on = page) {
  await expect.value(words(on), WORDS);
  await expect.value(composer(on).getByLabel('Description of photo 1'), ALT);
  await expect.visible(composer(on).getByText('Ready', { exact: true }));
  await expect.visible(composer(on).getByText('This is what you began.'));
}

const posted = async (body) => (await maraAlone.call('GET', `/posts?author_id=${maraAlone.id}`)).items.filter((each) => each.body === body).length;

/** What lies on the disk of this device for a post. */
const keptKeys = () =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        indexedDB.open('village-kept').addEventListener('success', ({ target: { result } }) => {
          result.transaction('kept').objectStore('kept').getAllKeys().addEventListener('success', (event) => {
            result.close();
            resolve(event.target.result.filter((key) => / compose (post|photo) /.test(key)));
          });
        });
      }),
  );

const failed = await runSteps(
  [
    [
      'Ana has two channels; Mara is new, knows nobody, and Home leads her on',
      async () => {
        const code = server.lines.map((line) => INVITATION.exec(line)?.[1]).find(Boolean);
        await ask(server.url, null, 'POST', '/auth/signup', { email: ana.email, password: ana.password, handle: ana.handle, display_name: ana.name, invitation: code, refresh: 'body' });
        anaAlone = await person(server.url, ana.handle, ana.password);
        maraAlone = await join(server.url, anaAlone, mara);
        openChannel = await anaAlone.call('POST', '/channels', { name: 'Preemies', description: '', visibility: 'open' });
        privateChannel = await anaAlone.call('POST', '/channels', { name: 'Night shift', description: '', visibility: 'private' });
        photo = await drawPhoto(browser, ALT);
        await logIn(page, mara);
        const main = page.getByRole('main');
        await expect.visible(main.getByText('Nothing here yet.'));
        await expect.visible(main.getByRole('link', { name: 'Find people' }));
        await expect.visible(main.getByRole('button', { name: 'Write a post' }));
        await main.getByRole('link', { name: 'Find channels' }).click();
        await expect.path(page, /^\/c$/);
        await goTo(page, 'Home');
      },
    ],
    [
      'a first post that nobody would see says so before, and afterwards is where it says',
      async () => {
        await write();
        await sees('Nobody follows you so far, so nobody will see this.');
        await expect.visible(composer().getByRole('link', { name: 'find people' }));
        await words().fill('Hello, is anyone here?');
        await send();
        await page.getByRole('link', { name: 'Your post is on your profile. Nobody follows you so far.' }).waitFor();
        await page.goto('/@mara');
        await expect.visible(post(page, 'Hello, is anyone here?'));
        const { items } = await anaAlone.call('GET', `/posts?author_id=${maraAlone.id}`);
        expect.none(items, 'others see');
      },
    ],
    [
      'an empty profile of another says no more than it knows',
      async () => {
        await page.goto('/@ana');
        await expect.visible(page.getByText('Nothing that you can see.'));
      },
    ],
    [
      'in a channel, the next post goes there, and the number is of others',
      async () => {
        await maraAlone.call('PUT', `/channels/${openChannel.id}/membership`);
        await write();
        await sees('The other member of Preemies will see this. Anyone here can read it in the channel.');
        await words().fill('Hello, Preemies.');
        await send();
        await expect.visible(page.getByRole('link', { name: 'Your post is in Preemies.' }));
      },
    ],
    [
      'the place chosen last is the next one’s; a channel’s page is its own; followers are counted at that moment',
      async () => {
        await anaAlone.call('PUT', `/channels/${privateChannel.id}/invitations/${maraAlone.id}`);
        await maraAlone.call('PUT', `/channels/${privateChannel.id}/membership`);
        await anaAlone.call('POST', '/users/follow', { user_id: maraAlone.id });
        await write();
        await sees('The other member of Preemies and your followers will see this.');
        await choose('Your followers');
        await sees('Your 1 follower will see this.');
        await choose('Night shift');
        await sees('Only the other member of Night shift will see this.');
        await words().fill('Is anyone up?');
        await send();
        await page.reload();
        await write();
        await sees('Only the other member of Night shift will see this.');
        await composer().getByRole('button', { name: 'Close' }).click();
        await page.goto('/c/preemies');
        await page.getByRole('button', { name: 'Write in Preemies' }).click();
        await sees('The other member of Preemies');
        await expect.none(await accessibilityProblems(page), 'axe found');
        await composer().getByRole('button', { name: 'Close' }).click();
        await expect.hidden(composer());
      },
    ],
    [
      'words, photo and description are there after Back, after a reload, and after the tab has crashed',
      async () => {
        await page.goto('/home');
        await write();
        await words().fill(WORDS);
        await composer().getByTestId('photo-input').setInputFiles({ name: photo.name, mimeType: photo.mimeType, buffer: photo.buffer });
        await composer().getByLabel('Description of photo 1').fill(ALT);
        await expect.visible(composer().getByText('Ready', { exact: true }));
        await page.evaluate(() => history.back());
        await expect.hidden(composer());
        await expect.visible(page.getByText('Kept for later.'));
        await write();
        await hasAll();
        await expect.none(await accessibilityProblems(page), 'axe found');
        await page.reload();
        await write();
        await hasAll();
        const next = await phone.context.newPage();
        await page.close();
        page = next;
        await page.goto('/home');
        await write();
        await hasAll();
      },
    ],
    [
      'a second tab has a post of its own, and neither writes over the other',
      async () => {
        const other = await phone.context.newPage();
        await other.goto('/home');
        await write(other);
        await expect.value(words(other), '');
        await words(other).fill('Another thought');
        await words().fill(`${WORDS}, and more`);
        await composer(other).getByRole('button', { name: 'Close' }).click();
        await expect.hidden(composer(other));
        await write(other);
        await expect.value(words(other), 'Another thought');
        await composer(other).getByRole('button', { name: 'Start over' }).click();
        await other.getByRole('alertdialog').getByRole('button', { name: 'Start over' }).click();
        await expect.value(words(other), '');
        await other.close();
        await words().fill(WORDS);
      },
    ],
    [
      'a post that does not get through keeps everything, and the next try takes it',
      async () => {
        await page.route('**/posts', (route) => route.abort());
        await composer().getByRole('button', { name: 'Post', exact: true }).click();
        await expect.visible(composer().getByRole('alert').filter({ hasText: /./ }));
        await page.unroute('**/posts');
        await page.reload();
        await write();
        await hasAll();
        await send();
        await expect.visible(page.getByRole('link', { name: /^Your post is in/ }));
        await expect.eventually('nothing is left on the device', async () => (await keptKeys()).length === 0);
        await write();
        await expect.value(words(), '');
      },
    ],
    [
      'a post on its way is not in the next sheet, and its arrival does not close that one',
      async () => {
        let letGo = () => {};
        const isLetGo = new Promise((resolve) => (letGo = resolve));
        await page.route('**/posts', (route) => isLetGo.then(() => route.continue()));
        await words().fill('On its way');
        await composer().getByRole('button', { name: 'Post', exact: true }).click();
        await composer().getByRole('button', { name: 'Close' }).click();
        await expect.hidden(composer());
        await write();
        await expect.value(words(), '');
        await words().fill('The next one');
        letGo();
        await expect.eventually('it has arrived', async () => (await posted('On its way')) === 1);
        await expect.visible(page.getByText(/^Your post is in/));
        await expect.value(words(), 'The next one');
        await page.unroute('**/posts');
      },
    ],
    [
      'a post whose answer was lost is not posted twice, over a reload either',
      async () => {
        await page.route('**/posts', async (route) => {
          await route.fetch();
          await route.abort();
        });
        await composer().getByRole('button', { name: 'Post', exact: true }).click();
        await expect.visible(composer().getByRole('alert').filter({ hasText: /./ }));
        await page.unroute('**/posts');
        await page.reload();
        await write();
        await expect.value(words(), 'The next one');
        await send();
        await expect.eventually('nothing is left on the device', async () => (await keptKeys()).length === 0);
        if ((await posted('The next one')) !== 1) throw new Error('it was posted twice');
        await write();
      },
    ],
    [
      'it can be thrown away, and goes with the log-out',
      async () => {
        await words().fill('Not this.');
        await composer().getByRole('button', { name: 'Start over' }).click();
        await page.getByRole('alertdialog').getByRole('button', { name: 'Start over' }).click();
        await expect.value(words(), '');
        await expect.eventually('nothing is left on the device', async () => (await keptKeys()).length === 0);
        await words().fill('Only for me.');
        await expect.eventually('it is kept', async () => (await keptKeys()).length === 1);
        await composer().getByRole('button', { name: 'Close' }).click();
        await page.goto('/settings');
        await page.getByRole('button', { name: 'Log out', exact: true }).click();
        await expect.visible(page.getByRole('heading', { name: 'Welcome back' }));
        await expect.eventually('nothing is left on the device', async () => (await keptKeys()).length === 0);
      },
    ],
    [
      'where the device keeps nothing, closing asks; a message is sent all the same',
      async () => {
        const { id } = await maraAlone.call('POST', '/conversations', { user_id: anaAlone.id });
        for (const [number, { page: on }] of bare.entries()) {
          await logIn(on, mara);
          await expect.path(on, /^\/home$/);
          await write(on);
          await words(on).fill(WORDS);
          await sees('This device cannot keep it.', on);
          await on.evaluate(() => history.back());
          const question = on.getByRole('alertdialog', { name: 'Discard your changes?' });
          await question.getByRole('button', { name: 'Keep editing' }).click();
          await expect.value(words(on), WORDS);
          await composer(on).getByRole('button', { name: 'Close' }).click();
          await question.getByRole('button', { name: 'Discard' }).click();
          await expect.hidden(composer(on));
          await openChat(on, id, ana.name);
          const body = `From memory, ${number}`;
          await field(on).fill(body);
          await on.getByRole('button', { name: 'Send', exact: true }).click();
          await expect.visible(on.getByText('This device could not store your message.', { exact: false }));
          await expect.value(field(on), '');
          await expect.eventually('it was sent', async () => (await maraAlone.messages(id)).filter((each) => each.body === body).length === 1);
        }
      },
    ],
    [
      'nothing went wrong behind the pages',
      // The request that was broken on purpose is in the console.
      async () => expect.none([phone, ...bare].flatMap(({ problems }) => problems).filter((text) => !/ERR_FAILED/.test(text)), 'the pages reported'),
    ],
  ],
  { pages: { phone: page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
