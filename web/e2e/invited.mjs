// A person who is invited to a private channel is told, finds the invitation, and answers it: on a desk and on a phone. `npm run e2e`.
import { accessibilityProblems } from './browser.mjs';
import { confirm, hasFocus } from './chatting.mjs';
import { expect } from './expect.mjs';
import { goTo, logIn, navigation } from './people.mjs';
import { mara, openVillage } from './village.mjs';

const { atDesk, onPhone, settle, logInOnPhone, play } = await openVillage();
let anaAlone;
let maraAlone;
const channels = {};

async function privateChannel(name) {
  channels[name] = await anaAlone.call('POST', '/channels', { name, visibility: 'private' });
  return channels[name];
}

const path = (name, of = maraAlone) => `/channels/${channels[name].id}/invitations/${of.id}`;
const invite = (name) => anaAlone.call('PUT', path(name));
const withdraw = (name) => anaAlone.call('DELETE', path(name));
const section = (page) => page.getByRole('region', { name: 'Invitations' });
const waiting = (page, name) => section(page).getByRole('listitem').filter({ hasText: `Ana Ribeiro invited you to ${name}` });
const said = (page, words) => page.getByRole('log', { name: 'Short messages' }).getByText(words);

await play([
  [
    'Ana has a private channel, and Mara is here',
    async () => {
      ({ anaAlone, maraAlone } = await settle());
      for (const name of ['Night shift', 'Garden', 'Twins', 'Choir', 'Bread']) await privateChannel(name);
      await logInOnPhone();
      await expect.visible(onPhone.getByText('Nothing here yet.'));
    },
  ],
  [
    'Ana invites Mara, who is told at once; the notification leads to the channel, which says who invited her',
    async () => {
      await atDesk.goto(`/c/${channels['Night shift'].slug}`);
      await atDesk.getByRole('button', { name: 'Invite people' }).click();
      await atDesk.getByRole('dialog').getByRole('button', { name: `Invite ${mara.name}` }).click();
      await expect.visible(said(onPhone, 'Ana Ribeiro invited you to Night shift'));
      await expect.visible(navigation(onPhone).getByRole('link', { name: /^Alerts.*1 unread/ }));
      await goTo(onPhone, 'Alerts');
      await onPhone.getByRole('link', { name: /^Ana Ribeiro invited you to Night shift/ }).click();
      await expect.path(onPhone, new RegExp(`^/c/${channels['Night shift'].slug}$`));
      const invitation = onPhone.getByRole('region', { name: 'Invitation' });
      await expect.visible(invitation.getByText('Ana Ribeiro invited you to Night shift'));
      expect.none(await accessibilityProblems(onPhone), 'axe found');
      await invitation.getByRole('button', { name: 'Accept the invitation to Night shift' }).click();
      await expect.visible(said(onPhone, 'You joined Night shift.'));
      await expect.visible(onPhone.getByRole('button', { name: 'Write in Night shift' }));
      await expect.hidden(invitation);
      await goTo(onPhone, 'Alerts');
      await expect.visible(onPhone.getByText('Nothing new.'));
    },
  ],
  [
    'an invitation appears above the channels while Mara looks at them, and goes when Ana withdraws it',
    async () => {
      await goTo(onPhone, 'Channels');
      await expect.visible(onPhone.getByRole('tab', { name: 'Discover' }));
      await expect.hidden(section(onPhone));
      await invite('Garden');
      await expect.visible(waiting(onPhone, 'Garden'));
      await withdraw('Garden');
      await expect.hidden(section(onPhone));
      // Invited twice, and withdrawn and invited again, is one invitation.
      await invite('Garden');
      await invite('Garden');
      await expect.visible(waiting(onPhone, 'Garden'));
      await withdraw('Garden');
      await invite('Garden');
      await expect.eventually('it is there once', async () => (await waiting(onPhone, 'Garden').count()) === 1);
    },
  ],
  [
    'with many, the three newest stand above the channels, and the rest can be asked for; nothing sticks out at 320 px',
    async () => {
      for (const name of ['Twins', 'Choir', 'Bread']) await invite(name);
      await expect.visible(waiting(onPhone, 'Bread'));
      await expect.eventually('three are shown', async () => (await section(onPhone).getByRole('listitem').count()) === 3);
      await expect.hidden(waiting(onPhone, 'Garden'));
      await section(onPhone).getByRole('button', { name: 'Show more invitations' }).click();
      await expect.visible(waiting(onPhone, 'Garden'));
      await onPhone.setViewportSize({ width: 320, height: 640 });
      const isTooWide = await onPhone.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      expect.none(isTooWide ? ['the page scrolls sideways'] : [], 'at 320 px');
      expect.none(await accessibilityProblems(onPhone), 'axe found');
      await onPhone.setViewportSize({ width: 390, height: 844 });
    },
  ],
  [
    'Mara accepts one and declines another from there; declining a private channel is asked for once more',
    async () => {
      await waiting(onPhone, 'Bread').getByRole('button', { name: 'Accept the invitation to Bread' }).click();
      await expect.visible(said(onPhone, 'You joined Bread.'));
      await expect.hidden(waiting(onPhone, 'Bread'));
      await waiting(onPhone, 'Choir').getByRole('button', { name: 'Decline the invitation to Choir' }).click();
      await onPhone.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click();
      await expect.visible(waiting(onPhone, 'Choir'));
      await waiting(onPhone, 'Choir').getByRole('button', { name: 'Decline the invitation to Choir' }).click();
      await confirm(onPhone, 'Decline');
      await expect.visible(said(onPhone, 'You declined the invitation to Choir.'));
      await expect.hidden(waiting(onPhone, 'Choir'));
      const { items } = await maraAlone.call('GET', '/channels/invitations');
      expect.none(items.filter(({ channel }) => !['Garden', 'Twins'].includes(channel.name)), 'these wait as well');
    },
  ],
  [
    'by keyboard alone: accepted with Enter, and the focus goes on at the title of the page',
    async () => {
      await atDesk.goto('/settings');
      await atDesk.getByRole('button', { name: 'Log out', exact: true }).click();
      await logIn(atDesk, mara);
      await expect.path(atDesk, /^\/home$/);
      await goTo(atDesk, 'Channels');
      const accept = waiting(atDesk, 'Twins').getByRole('button', { name: 'Accept the invitation to Twins' });
      await expect.visible(accept);
      for (let presses = 0; presses < 40 && !(await accept.evaluate((button) => button === document.activeElement)); presses += 1) await atDesk.keyboard.press('Tab');
      await hasFocus('Accept has the focus', accept);
      await atDesk.keyboard.press('Enter');
      await expect.visible(said(atDesk, 'You joined Twins.'));
      await expect.hidden(waiting(atDesk, 'Twins'));
      await hasFocus('the title has the focus', atDesk.getByRole('heading', { name: 'Channels', level: 1 }));
      // What one device answers is gone on the other.
      await expect.hidden(waiting(onPhone, 'Twins'));
    },
  ],
  [
    'who does not want to be told is not, and finds the invitation all the same',
    async () => {
      await onPhone.goto('/settings');
      const change = onPhone.getByRole('switch', { name: 'Invitations to channels' });
      const answered = onPhone.waitForResponse((response) => response.url().endsWith('/notifications/preferences') && response.request().method() === 'PUT');
      await onPhone.getByText('Invitations to channels').click();
      await answered;
      await expect.eventually('it is off', async () => !(await change.isChecked()));
      await invite('Choir');
      const decided = async () => (await maraAlone.call('GET', '/notifications/decisions')).items.some(({ reason }) => reason === 'preference_off');
      await expect.eventually('it was decided not to tell Mara', decided);
      await goTo(onPhone, 'Channels');
      await expect.visible(waiting(onPhone, 'Choir'));
      await goTo(onPhone, 'Alerts');
      await expect.visible(onPhone.getByRole('link', { name: /^Ana Ribeiro invited you to Garden/ }));
      await expect.hidden(onPhone.getByRole('link', { name: /^Ana Ribeiro invited you to Choir/ }));
    },
  ],
]);
