// How a person does things: with a mouse, with a finger, or with nothing but the keyboard. A journey is written once and
// done by all of them.
import { missingRing } from './lookChecks.mjs';
import { expect } from './expect.mjs';
import { fingerOn, restingMiddleOf } from './touch.mjs';

/** More stops than any page of a journey has between two things that follow each other. */
const MAX_STOPS = 160;

export function hands(kind, page) {
  if (kind === 'keyboard') return keyboard(page);
  const press = (target) => (kind === 'touch' ? target.first().tap() : target.first().click());
  return {
    kind,
    press,
    /** Where there is a label, that is what one sees: the input itself is hidden. */
    async tick(target) {
      await target.first().waitFor({ state: 'attached' });
      const label = target.first().locator('xpath=ancestor::label');
      await press((await label.count()) > 0 ? label : target);
    },
    async type(target, text) {
      await press(target);
      await target.first().fill(text);
    },
    async choose(target, files) {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press(target)]);
      await chooser.setFiles(files);
    },
    /** What can be done with a message: it is held, or its button is pressed. */
    openMessage: (row) => (kind === 'touch' ? hold(page, row) : openByMouse(row)),
    nextPhoto: (viewer) => (kind === 'touch' ? swipe(page) : press(viewer.getByRole('button', { name: 'Next photo' }))),
  };
}

async function openByMouse(row) {
  await row.hover();
  await row.getByRole('button', { name: 'More about this message' }).click();
}

/** A finger as Chromium sends it: it stays until the sheet has come to rest, and is lifted from what stands under it by then. */
async function hold(page, row) {
  await row.scrollIntoViewIfNeeded();
  const words = row.locator('[data-bubble]').first();
  const { x, y, width, height } = await words.boundingBox();
  const finger = await fingerOn(page);
  const sheet = page.getByRole('dialog', { name: 'More about this message' });
  await finger.down({ x: x + Math.min(width / 2, 40), y: y + Math.min(height / 2, 12) });
  await expect.visible(sheet);
  await restingMiddleOf(sheet);
  await finger.up();
}

/** From the right to the left over the middle of the screen. */
async function swipe(page) {
  const { width, height } = page.viewportSize();
  const client = await page.context().newCDPSession(page);
  const at = (share) => [{ x: Math.round(width * share), y: Math.round(height / 2) }];
  await client.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(0.85) });
  for (const share of [0.7, 0.5, 0.3, 0.15]) await client.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(share) });
  await client.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await client.detach();
}

/** The key that leads towards the element: Tab, or the arrows inside what is one stop. */
function keyTowards(element) {
  const active = document.activeElement;
  if (!element.isConnected) return 'gone';
  if (element === active) return 'here';
  if (!active || active === document.body) return 'Tab';
  const isAfter = Boolean(active.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
  const group = element.closest('[role="tablist"], [role="radiogroup"], [role="menu"], [role="listbox"], [role="log"]');
  if (group?.contains(active) && (group.getAttribute('role') !== 'log' || element.matches('[data-message]'))) {
    if (group.getAttribute('role') === 'tablist') return isAfter ? 'ArrowRight' : 'ArrowLeft';
    return isAfter ? 'ArrowDown' : 'ArrowUp';
  }
  return isAfter ? 'Tab' : 'Shift+Tab';
}

function keyboard(page) {
  /** Goes there as one goes: every stop has a ring. */
  async function reach(target) {
    await expect.visible(target);
    const keys = [];
    let element = await target.first().elementHandle();
    for (let stop = 0; stop < MAX_STOPS; stop += 1) {
      const [key, fault] = await Promise.all([element.evaluate(keyTowards), stop === 0 ? null : missingRing(page)]);
      if (fault) throw new Error(fault);
      if (key === 'here') return;
      // Drawn anew meanwhile.
      if (key === 'gone') element = await target.first().elementHandle();
      else {
        keys.push(key);
        await page.keyboard.press(key);
      }
    }
    throw new Error(`not reached by keyboard: ${target} (last keys: ${keys.slice(-6).join(' ')})`);
  }
  const press = async (target) => {
    await reach(target);
    await page.keyboard.press('Enter');
  };
  return {
    kind: 'keyboard',
    press,
    /** A switch, a box, a radio. */
    async tick(target) {
      await reach(target);
      await page.keyboard.press('Space');
    },
    async type(target, text) {
      await reach(target);
      await page.keyboard.press('Control+A');
      await page.keyboard.insertText(text);
    },
    async choose(target, files) {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), press(target)]);
      await chooser.setFiles(files);
    },
    openMessage: press,
    nextPhoto: (viewer) => press(viewer.getByRole('button', { name: 'Next photo' })),
  };
}
