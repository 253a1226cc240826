// What people do, in the words of the page: roles and accessible names only (see README.md).
import { expect } from './expect.mjs';

export async function signUp(page, { link, name, handle, email, password }) {
  await page.goto(link);
  await page.getByLabel('Display name').fill(name);
  await page.getByLabel('Handle').fill(handle);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect.visible(page.getByRole('heading', { name: 'Home', exact: true }));
}

export async function logIn(page, { email, password }) {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** By the navigation, as people go; the bar of a phone has the same names. */
export async function goTo(page, place) {
  await navigation(page).getByRole('link', { name: new RegExp(`^${place}`) }).click();
}

export function navigation(page) {
  return page.getByRole('navigation', { name: 'Main' });
}

export async function createChannel(page, { name, slug, description }) {
  await goTo(page, 'Channels');
  await page.getByRole('button', { name: 'Create channel' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create channel' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Description').fill(description);
  await expect.value(dialog.getByLabel('Address'), slug);
  await dialog.getByRole('button', { name: 'Create channel' }).click();
  await expect.visible(page.getByRole('heading', { name, exact: true }));
}

/** Writes in the channel whose page is open. */
export async function postInChannel(page, { channel, text, photo }) {
  await page.getByRole('button', { name: `Write in ${channel}` }).click();
  const dialog = page.getByRole('dialog', { name: 'New post' });
  await dialog.getByLabel('Your post').fill(text);
  if (photo) {
    await dialog.getByTestId('photo-input').setInputFiles({ name: photo.name, mimeType: photo.mimeType, buffer: photo.buffer });
    await dialog.getByLabel('Description of photo 1').fill(photo.alt);
    await expect.visible(dialog.getByText('Ready', { exact: true }));
  }
  await dialog.getByRole('button', { name: 'Post', exact: true }).click();
  await expect.hidden(dialog);
  await expect.visible(post(page, text));
}

export function post(page, text) {
  return page.getByRole('article').filter({ hasText: text });
}

/** Waits for pixels, not for an element. */
export async function seesPhoto(page, alt) {
  const photo = page.getByRole('button', { name: new RegExp(`^Open photo 1 of 1: ${alt}`) }).locator('img');
  await expect.visible(photo);
  await expect.eventually(`the photo "${alt}" has loaded`, () => photo.evaluate((img) => img.complete && img.naturalWidth > 0));
}

export async function sendMessage(page, text) {
  await page.getByLabel('Message', { exact: true }).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

export function message(page, peer, text) {
  return page.getByRole('log', { name: `Messages with ${peer}` }).getByText(text, { exact: true });
}
