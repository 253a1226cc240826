// What people come for, end to end: by a finger at 360 px in the dark with text at 200 %, by a finger at 390 px, also on its
// side, by mouse and by keyboard alone at 1280 px. The four do the same at the same time, each for themselves.
// docs/journeys.md says what must hold. `npm run e2e`.
import { ask, person } from './api.mjs';
import { launch, openPage } from './browser.mjs';
import { field, row } from './chatting.mjs';
import { expect } from './expect.mjs';
import { hands } from './hands.mjs';
import { keepText, settle } from './lookChecks.mjs';
import { goOffline, goOnline, navigateTo, toSettings } from './journeyPaths.mjs';
import { navigation, post } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/(\S+)/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const PICTURED = 'Day 41, and he came off the ventilator.';
const PHONE = { isMobile: true, hasTouch: true };
const UPRIGHT = { width: 390, height: 844 };
const ON_ITS_SIDE = { width: 844, height: 390 };

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const photo = await drawPhoto(browser, 'An evening sun over a field');
const file = { name: photo.name, mimeType: photo.mimeType, buffer: photo.buffer };
let anaAlone;
let preemies;

async function traveller(kind, handle, name, { text = 100, ...options }) {
  const opened = await openPage(browser, server.url, { reducedMotion: 'reduce', ...options });
  await keepText(opened.page, text);
  return { ...opened, ...hands(kind, opened.page), handle, name, email: `${handle}@village.example`, password: 'tea-at-three-again', isInTheDark: options.colorScheme === 'dark' };
}

const everyone = await Promise.all([
  traveller('touch', 'nora', 'Nora Berg', { viewport: { width: 360, height: 740 }, colorScheme: 'dark', text: 200, ...PHONE }),
  traveller('touch', 'olga', 'Olga Sand', { viewport: UPRIGHT, ...PHONE }),
  traveller('mouse', 'pia', 'Pia Holm', { viewport: { width: 1280, height: 860 } }),
  traveller('keyboard', 'rosa', 'Rosa Lund', { viewport: { width: 1280, height: 860 }, colorScheme: 'dark' }),
]);
const [, olga] = everyone;

/** As one does in bed. */
const turned = (viewport) => async () => {
  await olga.page.setViewportSize(viewport);
  await settle(olga.page);
};

/** Each for themselves, at the same time; the first whom it does not work for says so. */
const each = (play) => () =>
  Promise.all(
    everyone.map((one) =>
      play(one).catch((error) => {
        throw new Error(`${one.name} (${one.kind}, ${one.page.viewportSize().width} px): ${error.message}`, { cause: error });
      }),
    ),
  );
const said = (page, words) => page.getByRole('log', { name: 'Short messages' }).getByText(words);
const log = (page) => page.getByRole('log', { name: /^Messages with/ });

const failed = await runSteps(
  [
    [
      'somebody is here already',
      async () => {
        const code = server.lines.map((line) => INVITATION.exec(line)?.[1]).find(Boolean);
        await ask(server.url, null, 'POST', '/auth/signup', { email: ana.email, password: ana.password, handle: ana.handle, display_name: ana.name, invitation: code, refresh: 'body' });
        anaAlone = await person(server.url, ana.handle, ana.password);
        preemies = await anaAlone.call('POST', '/channels', { name: 'Preemies', slug: 'preemies', visibility: 'open', description: 'For parents whose children came early.' });
        const [first, second] = await Promise.all([anaAlone.upload(photo, 'post'), anaAlone.upload(photo, 'post')]);
        const media = [
          { media_id: first, alt: 'The window' },
          { media_id: second, alt: 'The same window, later' },
        ];
        await anaAlone.call('POST', '/posts', { body: PICTURED, channel_id: preemies.id, media });
      },
    ],
    [
      'sign up by invitation; the empty home says what to do first',
      each(async (one) => {
        const { page } = one;
        const { code } = await anaAlone.call('POST', '/auth/invitations', {});
        await page.goto(`/join/${code}`);
        await one.type(page.getByLabel('Display name'), one.name);
        await one.type(page.getByLabel('Handle'), one.handle);
        await one.type(page.getByLabel('E-mail'), one.email);
        await one.type(page.getByLabel('Password'), one.password);
        await one.press(page.getByRole('button', { name: 'Create account' }));
        await expect.visible(page.getByRole('heading', { name: 'Home', exact: true }));
        await one.press(page.getByRole('link', { name: 'Find channels' }));
        await expect.path(page, /^\/c$/);
        one.alone = await person(server.url, one.handle, one.password);
      }),
    ],
    [
      'find a channel and join it',
      each(async (one) => {
        const { page } = one;
        await one.type(page.getByLabel('Search channels'), 'preem');
        await one.press(page.getByRole('link', { name: /^Preemies/ }));
        await expect.visible(post(page, PICTURED));
        await one.press(page.getByRole('button', { name: 'Join Preemies' }));
        await expect.visible(said(page, 'You joined Preemies.'));
        await expect.visible(page.getByRole('button', { name: 'Write in Preemies' }));
      }),
    ],
    [
      'be invited to a private channel, be told, and accept',
      each(async (one) => {
        const { page } = one;
        const name = `Friends of ${one.name}`;
        const channel = await anaAlone.call('POST', '/channels', { name, visibility: 'private' });
        await anaAlone.call('PUT', `/channels/${channel.id}/invitations/${one.alone.id}`);
        await expect.visible(said(page, `Ana Ribeiro invited you to ${name}`));
        await navigateTo(one, 'Channels');
        await one.press(page.getByRole('region', { name: 'Invitations' }).getByRole('button', { name: `Accept the invitation to ${name}` }));
        await expect.visible(said(page, `You joined ${name}.`));
      }),
    ],
    [
      'find somebody and follow them',
      each(async (one) => {
        const { page } = one;
        await navigateTo(one, 'Home');
        await one.press(page.getByRole('link', { name: 'People', exact: true }));
        await one.type(page.getByLabel('Search people'), 'ana');
        await one.press(page.getByRole('main').getByRole('link', { name: /^Ana Ribeiro/ }));
        await one.press(page.getByRole('button', { name: 'Follow', exact: true }));
        await expect.visible(page.getByRole('button', { name: `Following ${ana.name}. Press to unfollow.` }));
      }),
    ],
    ['one of the phones is turned on its side', turned(ON_ITS_SIDE)],
    [
      'read Home, open a post, like it, and comment on it',
      each(async (one) => {
        const { page } = one;
        await navigateTo(one, 'Home');
        await one.press(post(page, PICTURED).getByRole('link', { name: /comments?$/ }));
        await expect.visible(page.getByLabel('Add a comment'));
        await one.press(page.getByRole('button', { name: /^Like, / }));
        await expect.visible(page.getByRole('button', { name: /^Like, /, pressed: true }));
        await one.type(page.getByLabel('Add a comment'), `We are happy for you. ${one.name}`);
        await one.press(page.getByRole('button', { name: 'Comment', exact: true }));
        await expect.visible(page.getByRole('region', { name: 'Comments' }).getByText(`We are happy for you. ${one.name}`));
      }),
    ],
    [
      'look at photos: open, go on, come back',
      each(async (one) => {
        const { page } = one;
        const first = page.getByRole('button', { name: /^Open photo 1 of 2: The window/ });
        await one.press(first);
        const viewer = page.getByRole('dialog');
        await expect.visible(viewer.getByText('The window', { exact: true }));
        await one.nextPhoto(viewer);
        await expect.visible(viewer.getByText('The same window, later', { exact: true }));
        await page.goBack();
        await expect.hidden(viewer);
        await expect.visible(page.getByLabel('Add a comment'));
      }),
    ],
    [
      'write a post with a photo into a channel',
      each(async (one) => {
        const { page } = one;
        await navigateTo(one, 'Channels');
        await one.press(page.getByRole('main').getByRole('link', { name: /^Preemies/ }));
        await one.press(page.getByRole('button', { name: 'Write in Preemies' }));
        const dialog = page.getByRole('dialog', { name: 'New post' });
        await one.type(dialog.getByLabel('Your post'), `First night at home. ${one.name}`);
        await one.choose(dialog.getByRole('button', { name: 'Add photos' }), file);
        await one.type(dialog.getByLabel('Description of photo 1'), photo.alt);
        await expect.visible(dialog.getByText('Ready', { exact: true }));
        await one.press(dialog.getByRole('button', { name: 'Post', exact: true }));
        await expect.hidden(dialog);
        await expect.visible(post(page, `First night at home. ${one.name}`).getByRole('button', { name: /^Open photo 1 of 1/ }));
      }),
    ],
    [
      'start a conversation: write, send a photo, react, reply, edit',
      each(async (one) => {
        const { page } = one;
        await anaAlone.call('POST', '/users/follow', { user_id: one.alone.id });
        await navigateTo(one, 'Messages');
        await one.press(page.getByRole('button', { name: 'New message' }));
        const dialog = page.getByRole('dialog', { name: 'New message' });
        await one.tick(dialog.getByRole('checkbox', { name: /Ana Ribeiro/ }));
        await one.press(dialog.getByRole('button', { name: 'Write to Ana Ribeiro' }));
        await say(one, 'Are you awake?');
        const { items } = await one.alone.call('GET', '/conversations');
        one.talk = items[0].id;
        await anaAlone.say(one.talk, 'Always. Bring two cups.');
        const answer = row(page, ana.name, 'Always. Bring two cups.');
        await expect.visible(answer);
        await one.choose(page.getByRole('button', { name: 'Add photos' }), file);
        await say(one, 'The kettle is on.');
        await expect.visible(row(page, ana.name, 'The kettle is on.').getByRole('button', { name: /^Open photo 1 of 1/ }));
        const actions = page.getByRole('dialog', { name: 'More about this message' });
        await one.openMessage(answer);
        await one.press(actions.getByRole('button', { name: 'React with ❤️' }));
        await expect.visible(answer.getByRole('button', { name: '❤️, 1 person', pressed: true }));
        await one.openMessage(answer);
        await one.press(actions.getByRole('button', { name: 'Reply' }));
        await say(one, 'Three.');
        await expect.visible(row(page, ana.name, 'Three.').getByRole('button', { name: /^Answers/ }));
        await one.openMessage(row(page, ana.name, 'Three.'));
        await one.press(actions.getByRole('button', { name: 'Edit', exact: true }));
        await one.type(page.getByLabel('Edit message'), 'Four, with milk.');
        await one.press(page.getByRole('button', { name: /^(Save|Send)/ }));
        await expect.visible(row(page, ana.name, 'Four, with milk.').getByText(/Edited/));
      }),
    ],
    [
      'make a group and hear from it',
      each(async (one) => {
        const { page } = one;
        const name = `Night shift of ${one.name}`;
        await navigateTo(one, 'Messages');
        await one.press(page.getByRole('button', { name: 'New message' }));
        const dialog = page.getByRole('dialog', { name: 'New message' });
        await one.tick(dialog.getByRole('checkbox', { name: /Ana Ribeiro/ }));
        await one.press(dialog.getByRole('button', { name: 'New group' }));
        await one.type(page.getByLabel('Name of the group'), name);
        await one.press(page.getByRole('button', { name: 'Create group' }));
        await expect.visible(log(page).getByText('You made the group'));
        const { items } = await anaAlone.call('GET', '/conversations');
        const group = items.find((conversation) => conversation.name === name);
        await anaAlone.say(group.id, 'Third feed. Tea is on.');
        await expect.visible(log(page).getByText('Third feed. Tea is on.'));
      }),
    ],
    ['and upright again', turned(UPRIGHT)],
    [
      'be told of what others do, and find it under Notifications',
      each(async (one) => {
        const { page } = one;
        const { items } = await one.alone.call('GET', `/posts?author_id=${one.alone.id}`);
        await navigateTo(one, 'Home');
        await anaAlone.call('PUT', `/posts/${items[0].id}/like`);
        await expect.visible(said(page, 'Ana Ribeiro liked your post'));
        await expect.visible(navigation(page).getByRole('link', { name: /^(Notifications|Alerts).*unread/ }));
        await navigateTo(one, '(Notifications|Alerts)');
        // What has been looked at counts as read.
        await expect.visible(navigation(page).getByRole('link', { name: /^(Notifications|Alerts)$/ }));
        await one.press(page.getByRole('link', { name: /^Ana Ribeiro liked your post/ }));
        await expect.visible(page.getByLabel('Add a comment'));
      }),
    ],
    [
      'without a connection: what was read is there, what is written is sent once it is back',
      each(async (one) => {
        const { page } = one;
        await navigateTo(one, 'Messages');
        await one.press(page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: /^Ana Ribeiro/ }));
        await expect.visible(row(page, ana.name, 'Four, with milk.'));
        await goOffline(one);
        await say(one, 'Written in the lift.');
        await expect.visible(page.getByText('Waiting to be sent', { exact: true }));
        await goOnline(one);
        await expect.hidden(page.getByText('Waiting to be sent', { exact: true }));
        const { items } = await anaAlone.call('GET', `/conversations/${one.talk}/messages`);
        expect.none(items.filter(({ body }) => body === 'Written in the lift.').slice(1), 'sent twice');
      }),
    ],
    [
      'settings: dark where it was light, and light where it was dark; a new password',
      each(async (one) => {
        const { page } = one;
        await toSettings(one);
        const look = () => page.evaluate(() => document.documentElement.dataset.theme);
        const [before, after] = one.isInTheDark ? ['dark', 'light'] : ['light', 'dark'];
        await expect.eventually(`it is ${before}`, async () => (await look()) === before);
        await one.tick(page.getByRole('radio', { name: one.isInTheDark ? 'Light' : 'Dark' }));
        await expect.eventually(`it is ${after}`, async () => (await look()) === after);
        await one.type(page.getByLabel('Current password'), one.password);
        one.password = 'two-cups-at-midnight';
        await one.type(page.getByLabel('New password'), one.password);
        await one.press(page.getByRole('button', { name: 'Change password' }));
        await expect.value(page.getByLabel('Current password'), '');
      }),
    ],
    [
      'log out, and log in again',
      each(async (one) => {
        const { page } = one;
        await one.press(page.getByRole('button', { name: 'Log out', exact: true }));
        await expect.visible(page.getByRole('heading', { name: 'Welcome back' }));
        await one.type(page.getByLabel('E-mail'), one.email);
        await one.type(page.getByLabel('Password'), one.password);
        await one.press(page.getByRole('button', { name: 'Log in' }));
        await expect.visible(post(page, PICTURED));
      }),
    ],
    [
      'nothing went wrong behind the pages, but for what the browser says of a network that is not there',
      async () => expect.none(everyone.flatMap(({ problems }) => problems).filter((problem) => !problem.includes('ERR_INTERNET_DISCONNECTED')), 'the pages reported'),
    ],
  ],
  { pages: Object.fromEntries(everyone.map(({ handle, page }) => [handle, page])), log: server.log },
);

async function say(one, text) {
  await one.type(field(one.page), text);
  await one.press(one.page.getByRole('button', { name: 'Send' }));
  await expect.visible(log(one.page).getByText(text, { exact: true }));
}

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
