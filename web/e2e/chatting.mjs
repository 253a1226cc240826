// Where things are in a conversation, and how people get to what can be done there.
import { expect } from './expect.mjs';
import { fingerOn, middleOf } from './touch.mjs';

export const inLog = (page, name) => page.getByRole('log', { name: `Messages with ${name}` });
/** A message by its words. */
export const row = (page, name, text) => inLog(page, name).locator('[data-message]').filter({ hasText: text }).first();
export const field = (page) => page.getByLabel('Message', { exact: true });
export const inList = (page, name) => page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: new RegExp(`^${name}`) });

/** Opens what can be done with a message: by keyboard, as the help says, or with a finger that stays on it. */
export async function openActions(page, target, { byTouch = false } = {}) {
  const dialog = page.getByRole('dialog', { name: 'More about this message' });
  if (byTouch) {
    const finger = await fingerOn(page);
    await target.scrollIntoViewIfNeeded();
    await finger.down(await middleOf(target.locator('[data-bubble]')));
    await expect.visible(dialog);
    await finger.up();
  } else {
    await target.focus();
    await page.keyboard.press('Enter');
  }
  await expect.visible(dialog);
  return dialog;
}

/** The sheet about the conversation that is open. */
export async function about(page, name) {
  await page.getByRole('heading', { name: new RegExp(`^${name}`), level: 2 }).getByRole('button').click();
  const dialog = page.getByRole('dialog', { name: /^About this/ });
  await expect.visible(dialog);
  return dialog;
}

export async function closeSheet(dialog) {
  await dialog.getByRole('button', { name: 'Close' }).click();
  await expect.hidden(dialog);
}

export const hasFocus = (what, target) => expect.eventually(what, () => target.evaluate((element) => element === document.activeElement).catch(() => false));

/** Pixels, not an element. */
export const hasLoaded = (what, picture) => expect.eventually(what, () => picture.evaluate((img) => img.complete && img.naturalWidth > 0).catch(() => false));

export async function openChat(page, id, name) {
  await page.goto(`/chat/${id}`);
  await expect.visible(inLog(page, name));
}

/** Answers the question that is asked before something that cannot be taken back. */
export async function confirm(page, label) {
  const question = page.getByRole('alertdialog');
  await question.getByRole('button', { name: label }).click();
  await expect.hidden(question);
}
