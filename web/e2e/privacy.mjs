// Who may write to whom, and what one shows of oneself while reading and writing: on a desk and on a phone. `npm run e2e`.
import { accessibilityProblems } from './browser.mjs';
import { join } from './api.mjs';
import { confirm, field, inList, inLog, openChat } from './chatting.mjs';
import { expect } from './expect.mjs';
import { message, sendMessage } from './people.mjs';
import { ana, mara, openVillage } from './village.mjs';

const ruth = { name: 'Ruth Novak', handle: 'ruth', password: 'who-is-this-person' };

const GROUP = 'Playground';

const { server, atDesk, onPhone, settle, logInOnPhone, play } = await openVillage();
let anaAlone;
let maraAlone;
let ruthAlone;
let directId;

/** In the settings: the switch moves, and the server has said yes. */
async function privacy(page, label, on) {
  await page.goto('/settings');
  const change = page.getByRole('switch', { name: label });
  await expect.visible(page.getByText(label));
  await expect.eventually(`what "${label}" is now is known`, () => change.isEnabled());
  if ((await change.isChecked()) === on) throw new Error(`"${label}" is ${on ? 'on' : 'off'} already`);
  const answered = page.waitForResponse((response) => response.url().endsWith('/messaging/settings') && response.request().method() === 'PATCH');
  await page.getByText(label).click();
  await answered;
  await expect.eventually(`"${label}" is ${on ? 'on' : 'off'}`, async () => (await change.isChecked()) === on);
}

await play([
  [
    'Ana and Mara know each other; nobody knows Ruth',
    async () => {
      ({ anaAlone, maraAlone } = await settle());
      ruthAlone = await join(server.url, anaAlone, ruth);
      await anaAlone.call('POST', '/users/follow', { user_id: maraAlone.id });
      await maraAlone.call('POST', '/users/follow', { user_id: anaAlone.id });
      ({ id: directId } = await anaAlone.call('POST', '/conversations', { user_id: maraAlone.id }));
      await anaAlone.say(directId, 'Are you up?');
      await logInOnPhone();
      await openChat(onPhone, directId, ana.name);
      await atDesk.goto('/chat');
      await expect.visible(inList(atDesk, mara.name));
    },
  ],
  [
    'Ana sees in her list that Mara is writing, until she has written',
    async () => {
      await expect.eventually('Mara is writing', async () => {
        await field(onPhone).press('m');
        return inList(atDesk, mara.name).getByText(`${mara.name} is writing`).isVisible();
      });
      await sendMessage(onPhone, 'Bring a hat.');
      await expect.visible(inList(atDesk, mara.name).getByText('Bring a hat.'));
      await expect.hidden(inList(atDesk, mara.name).getByText(`${mara.name} is writing`));
    },
  ],
  [
    'Ana sees that Mara is here; when Mara keeps it to herself, neither sees the other',
    async () => {
      const here = (page) => page.getByRole('heading', { level: 2 }).getByText('Here now');
      await openChat(atDesk, directId, mara.name);
      await expect.visible(here(atDesk));
      await expect.visible(here(onPhone));
      await privacy(onPhone, 'Show when I am here', false);
      await expect.hidden(here(atDesk));
      await openChat(onPhone, directId, ana.name);
      // By the time something has been said and read, it would have been told.
      await sendMessage(atDesk, 'Where are you?');
      await expect.visible(message(onPhone, ana.name, 'Where are you?'));
      await expect.hidden(here(onPhone));
      await privacy(onPhone, 'Show when I am here', true);
      await expect.visible(here(atDesk));
    },
  ],
  [
    'Mara has read what she does not say that she has read, and is told nothing of Ana either',
    async () => {
      await privacy(onPhone, 'Show when I have read a message', false);
      await sendMessage(atDesk, 'Have you read this?');
      await openChat(onPhone, directId, ana.name);
      await expect.visible(message(onPhone, ana.name, 'Have you read this?'));
      await expect.eventually('Mara has read it', async () => (await maraAlone.call('GET', `/conversations/${directId}`)).unread_count === 0);
      await atDesk.reload();
      await expect.visible(message(atDesk, mara.name, 'Have you read this?'));
      const mark = (page, name) => inLog(page, name).getByText(/^(Sent|Delivered|Seen)$/);
      await expect.visible(mark(atDesk, mara.name).filter({ hasText: 'Sent' }));
      await expect.hidden(mark(atDesk, mara.name).filter({ hasText: 'Seen' }));
      await sendMessage(onPhone, 'I say nothing.');
      await expect.eventually('Ana has read it', async () => (await anaAlone.call('GET', `/conversations/${directId}`)).unread_count === 0);
      await onPhone.reload();
      await expect.visible(mark(onPhone, ana.name));
      await expect.hidden(mark(onPhone, ana.name).filter({ hasText: 'Seen' }));
      await privacy(onPhone, 'Show when I have read a message', true);
      await sendMessage(atDesk, 'And this?');
      await openChat(onPhone, directId, ana.name);
      await expect.visible(mark(atDesk, mara.name).filter({ hasText: 'Seen' }));
    },
  ],
  [
    'Ruth, whom nobody knows, writes to Mara; Mara blocks her from the request, and can undo it',
    async () => {
      const { id } = await ruthAlone.call('POST', '/conversations', { user_id: maraAlone.id });
      await ruthAlone.say(id, 'You looked nice at the playground.');
      await onPhone.goto('/chat');
      await onPhone.getByRole('link', { name: /^Requests/ }).click();
      await onPhone.getByRole('link', { name: /^Ruth Novak/ }).click();
      await expect.visible(message(onPhone, ruth.name, 'You looked nice at the playground.'));
      expect.none(await accessibilityProblems(onPhone), 'axe found');
      await onPhone.getByRole('button', { name: 'Block', exact: true }).click();
      await confirm(onPhone, 'Block');
      await expect.path(onPhone, /^\/chat$/);
      await expect.visible(inList(onPhone, ana.name));
      await expect.hidden(onPhone.getByRole('link', { name: /^Requests/ }));
      const refused = await ruthAlone.say(id, 'Hello?').then(
        () => null,
        (error) => error.message,
      );
      if (!refused?.includes('cannot_send')) throw new Error(`Ruth can still write: ${refused}`);
      await onPhone.goto('/settings');
      await onPhone.getByRole('button', { name: `Unblock ${ruth.name}` }).click();
      await expect.visible(onPhone.getByText('You have not blocked anyone.'));
    },
  ],
  [
    'In a group with both, what Ruth says is folded for Mara from the block on, on every device, and Ruth notices nothing',
    async () => {
      const log = inLog(onPhone, GROUP);
      const folded = log.getByText('Message from somebody you blocked');
      const rude = 'Nobody wants you there.';
      const { id } = await anaAlone.call('POST', '/conversations/groups', { name: GROUP, member_ids: [maraAlone.id, ruthAlone.id] });
      await ruthAlone.call('POST', `/conversations/${id}/accept`);
      const asked = await anaAlone.say(id, 'Who comes on Saturday?');
      await ruthAlone.say(id, rude);
      await openChat(onPhone, id, GROUP);
      await expect.visible(message(onPhone, GROUP, rude));
      // On another device of hers.
      await maraAlone.call('PUT', `/users/${ruthAlone.id}/block`);
      await expect.visible(folded);
      await expect.hidden(log.getByText(rude));
      await ruthAlone.react(asked, '👎');
      await anaAlone.react(asked, '❤️');
      await expect.visible(log.getByRole('button', { name: /❤/ }));
      await expect.hidden(log.getByRole('button', { name: /👎/ }));
      expect.none(await accessibilityProblems(onPhone), 'axe found');
      await onPhone.getByRole('button', { name: 'Show', exact: true }).click();
      await expect.visible(message(onPhone, GROUP, rude));
      await onPhone.getByRole('button', { name: 'Hide', exact: true }).click();
      await expect.hidden(log.getByText(rude));
      const seen = (await ruthAlone.messages(id)).find((each) => each.id === asked.id);
      if (seen.reactions.length !== 2) throw new Error('Ruth does not see what everybody sees');
      await onPhone.goto('/chat');
      await expect.visible(inList(onPhone, GROUP).getByText('Message from somebody you blocked'));
      await maraAlone.call('DELETE', `/users/${ruthAlone.id}/block`);
      await expect.visible(inList(onPhone, GROUP).getByText(rude));
      await openChat(onPhone, id, GROUP);
      await expect.visible(message(onPhone, GROUP, rude));
      await expect.visible(log.getByRole('button', { name: /👎/ }));
    },
  ],
]);
