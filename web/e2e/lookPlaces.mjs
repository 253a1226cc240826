// Every page and every sheet of the client, and how one gets there. Places that only one kind of screen has say so.
import { about, openActions } from './chatting.mjs';
import { expect } from './expect.mjs';
import { goTo } from './people.mjs';

const press = (page, name) => page.getByRole('button', { name }).first().click();

/** Opens a sheet of the page that is open, by the button with this name. */
const sheet = (name, title) => async (page) => {
  await press(page, name);
  await expect.visible(page.getByRole('dialog', title ? { name: title } : {}).last());
};

const at = (path, ready) => async (page) => {
  await page.goto(path);
  await expect.visible(ready(page));
};
const then = (go, open) => async (page) => {
  await go(page);
  await open(page);
};

/**
 * `things` holds the ids of what is looked at. Each place is gone to from a fresh page; one that must be left again says
 * how, and what the console may say meanwhile.
 */
export function places(things) {
  const heading = (name) => (page) => page.getByRole('heading', { name });
  const home = at('/home', (page) => page.getByRole('article'));
  const post = at(`/p/${things.post}`, (page) => page.getByLabel('Add a comment'));
  const channel = at(`/c/${things.channel}`, (page) => page.getByRole('tab', { name: 'Posts' }));
  const channels = at('/c', (page) => page.getByRole('tab', { name: 'Discover' }));
  const me = at('/@ana', (page) => page.getByRole('button', { name: 'Edit profile' }));
  const list = at('/chat', (page) => page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: /^Night shift/ }));
  const group = at(`/chat/${things.group}`, (page) => page.getByRole('log').locator('[data-message]'));
  const settings = at('/settings', (page) => page.getByRole('button', { name: 'Log out', exact: true }));
  const phoneOnly = { on: 'phone' };

  const composer = then(home, sheet(/^What's on your mind|^New post/, 'New post'));
  const isReady = (page, count) => expect.eventually('the photos are ready', async () => (await page.getByText('Ready', { exact: true }).count()) === count);
  const withPhotos = (input, ready) => async (page) => {
    await page.getByTestId(input).setInputFiles(things.photos);
    await ready(page);
  };

  return [
    { name: 'home', go: home },
    { name: 'home-offline', go: then(home, goOffline), leave: goOnline, mayReport: /ERR_INTERNET_DISCONNECTED|WebSocket/ },
    // The code of that page has not been loaded.
    { name: 'channels-offline', go: then(home, then(goOffline, (page) => goTo(page, 'Channels'))), leave: goOnline, mayReport: /ERR_INTERNET_DISCONNECTED|WebSocket/ },
    { name: 'home-failed', go: then(failing(/\/feed(\?|$)/), at('/home', (page) => page.getByRole('button', { name: 'Try again' }))), leave: (page) => page.unrouteAll(), mayReport: /status of 400/ },
    { name: 'composer', go: composer },
    { name: 'composer-photos', go: then(composer, withPhotos('photo-input', (page) => isReady(page, things.photos.length))), leave: emptyComposer },
    { name: 'post', go: post },
    { name: 'post-menu', go: then(post, async (page) => press(page, 'More about this post')) },
    { name: 'likes', go: then(post, sheet('See who liked this')), },
    { name: 'viewer', go: then(post, sheet(/^Open photo 1 of/)) },
    { name: 'channels', go: channels },
    { name: 'channels-yours', go: then(channels, (page) => page.getByRole('tab', { name: 'Yours' }).click()) },
    { name: 'channel', go: channel },
    { name: 'channel-new', go: then(channels, sheet('Create channel', 'Create channel')) },
    { name: 'channel-edit', go: then(channel, sheet('Edit channel', 'Edit channel')) },
    { name: 'channel-invite', go: then(at(`/c/${things.privateChannel}`, (page) => page.getByRole('tab', { name: 'Posts' })), sheet('Invite people')) },
    { name: 'channel-invited', go: at(`/c/${things.invitedTo}`, (page) => page.getByRole('region', { name: 'Invitation' })) },
    { name: 'channel-leave', go: then(at(`/c/${things.joined}`, (page) => page.getByRole('tab', { name: 'Posts' })), async (page) => press(page, 'Leave')) },
    { name: 'people', go: at('/people', (page) => page.getByLabel('Search people')) },
    { name: 'person', go: at('/@leila', (page) => page.getByRole('button', { name: 'Message', exact: true })) },
    { name: 'me', go: me },
    { name: 'me-edit', go: then(me, sheet('Edit profile')) },
    { name: 'followers', go: at('/@ana/followers', (page) => page.getByRole('main').getByRole('listitem')) },
    { name: 'messages', go: list },
    { name: 'messages-new', go: then(list, sheet('New message')) },
    { name: 'requests', go: at('/chat/requests', (page) => page.getByRole('main').getByRole('link')) },
    { name: 'conversation', go: group },
    { name: 'conversation-writing', go: then(group, async (page) => page.getByLabel('Message', { exact: true }).fill('One line.\nAnother one, which is a good deal longer than the screen is wide.\nA third.\nA fourth.')) },
    { name: 'conversation-photos', go: then(group, withPhotos('message-photo-input', (page) => expect.visible(page.getByRole('button', { name: 'Describe photo 2' })))), leave: removePhotos },
    { name: 'conversation-actions', go: then(group, async (page) => openActions(page, page.getByRole('log').locator('[data-message]').last())) },
    { name: 'conversation-about', go: then(group, async (page) => about(page, 'Night shift')) },
    { name: 'conversation-menu', go: then(group, async (page) => press(page, 'More about this conversation')) },
    { name: 'notifications', go: at('/alerts', (page) => page.getByRole('main').getByRole('listitem')) },
    { name: 'settings', go: settings },
    { name: 'not-found', go: at('/nowhere/at/all', heading(/./)), ...phoneOnly },
  ];
}

/** The same pages as somebody finds them who came today. */
export const firstPlaces = [
  { name: 'first-home', go: at('/home', (page) => page.getByText('Nothing here yet.')) },
  { name: 'first-channels', go: then(at('/c', (page) => page.getByRole('tab', { name: 'Yours' })), (page) => page.getByRole('tab', { name: 'Yours' }).click()) },
  { name: 'first-messages', go: at('/chat', (page) => page.getByRole('button', { name: 'New message' })) },
  { name: 'first-alerts', go: at('/alerts', (page) => page.getByRole('heading', { name: 'Notifications' })) },
  { name: 'first-profile', go: at('/@noor', (page) => page.getByRole('button', { name: 'Edit profile' })) },
  { name: 'first-composer', go: then(at('/home', (page) => page.getByText('Nothing here yet.')), sheet(/^What's on your mind|^New post/, 'New post')) },
];

async function goOffline(page) {
  await page.context().setOffline(true);
  await expect.visible(page.getByText(/^You are offline/));
}

const goOnline = (page) => page.context().setOffline(false);

/** What is asked for there is refused, once and for all: what may succeed later is asked for again and again. */
const failing = (path) => (page) => page.route(path, (route) => route.fulfill({ status: 400, contentType: 'application/problem+json', body: '{"title":"Bad request","status":400}' }));

async function emptyComposer(page) {
  await press(page, 'Start over');
  await page.getByRole('alertdialog').getByRole('button', { name: 'Start over' }).click();
  await page.getByRole('dialog', { name: 'New post' }).getByRole('button', { name: 'Close' }).click();
}

async function removePhotos(page) {
  const remove = page.getByRole('button', { name: /^Remove photo/ });
  while ((await remove.count()) > 0) await remove.first().click();
}

/** What is there without an account. */
export const doors = [
  { name: 'login', go: async (page) => void (await page.goto('/login'), await expect.visible(page.getByRole('button', { name: 'Log in' }))) },
  { name: 'signup', go: async (page) => void (await page.goto('/signup'), await expect.visible(page.getByRole('heading', { name: 'Create your account' }))) },
];
