// Every page and every sheet of the client, and how one gets there. Places that only one kind of screen has say so.
import { about, openActions } from './chatting.mjs';
import { expect } from './expect.mjs';

const press = (page, name) => page.getByRole('button', { name }).first().click();

/** Opens a sheet of the page that is open, by the button with this name. */
const sheet = (name, title) => async (page) => {
  await press(page, name);
  await expect.visible(page.getByRole('dialog', title ? { name: title } : {}).last());
};

/** `things` holds the ids of what is looked at. Each place is gone to from a fresh page. */
export function places(things) {
  const at = (path, ready) => async (page) => {
    await page.goto(path);
    await expect.visible(ready(page));
  };
  const then = (go, open) => async (page) => {
    await go(page);
    await open(page);
  };
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

  return [
    { name: 'home', go: home },
    { name: 'composer', go: then(home, sheet(/^What's on your mind|^New post/, 'New post')) },
    { name: 'post', go: post },
    { name: 'post-menu', go: then(post, async (page) => press(page, 'More about this post')) },
    { name: 'likes', go: then(post, sheet('See who liked this')), },
    { name: 'viewer', go: then(post, sheet(/^Open photo 1 of/)) },
    { name: 'channels', go: channels },
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
    { name: 'conversation-actions', go: then(group, async (page) => openActions(page, page.getByRole('log').locator('[data-message]').last())) },
    { name: 'conversation-about', go: then(group, async (page) => about(page, 'Night shift')) },
    { name: 'conversation-menu', go: then(group, async (page) => press(page, 'More about this conversation')) },
    { name: 'notifications', go: at('/alerts', (page) => page.getByRole('main').getByRole('listitem')) },
    { name: 'settings', go: settings },
    { name: 'not-found', go: at('/nowhere/at/all', heading(/./)), ...phoneOnly },
  ];
}

/** What is there without an account. */
export const doors = [
  { name: 'login', go: async (page) => void (await page.goto('/login'), await expect.visible(page.getByRole('button', { name: 'Log in' }))) },
  { name: 'signup', go: async (page) => void (await page.goto('/signup'), await expect.visible(page.getByRole('heading', { name: 'Create your account' }))) },
];
