// Pictures in the hand: how they are cropped in lists, and the viewer by fingers, keys and mouse. `npm run e2e`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { person } from './api.mjs';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { fingersOf } from './fingers.mjs';
import { logIn, post, signUp } from './people.mjs';
import { drawPhotos } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const FIVE = 'Five from the garden.';
const SCREENSHOT = 'What the ward wrote.';
const LONG = 'The whole letter.';

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const desk = await openPage(browser, server.url, { viewport: { width: 1280, height: 860 } });
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, acceptDownloads: true });
const onPhone = phone.page;
const atDesk = desk.page;
const fingers = await fingersOf(onPhone);
const MIDDLE = { x: 195, y: 420 };
let anaAlone;

const viewer = (page) => page.getByRole('dialog', { name: 'Photos' });
const shown = (page) => viewer(page).locator('[data-shown]');
const isAt = (page, text) => expect.visible(viewer(page).getByText(text, { exact: false }));

/** Where the picture is now, once it has come to rest. */
async function settled(page) {
  await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined))));
  return shown(page).boundingBox();
}

async function openPhoto(page, text, number) {
  await post(page, text).getByRole('button', { name: new RegExp(`^Open photo ${number} of`) }).click();
  await expect.visible(viewer(page));
  await expect.eventually('the picture has arrived', () => shown(page).locator('img').evaluate((img) => img.complete && img.naturalWidth > 0));
}

/** For each picture of a post: what share of it is seen, and whether its upper third is. */
function crops(page, text) {
  return post(page, text)
    .getByRole('button', { name: /^Open photo/ })
    .locator('img')
    .evaluateAll((images) =>
      images.map((img) => {
        const box = img.getBoundingClientRect();
        const ratio = img.naturalWidth / img.naturalHeight;
        const isWhole = getComputedStyle(img).objectFit === 'contain';
        const scale = isWhole ? 0 : Math.max(box.width / img.naturalWidth, box.height / img.naturalHeight);
        const [, across] = /^(\d+)% 0/.exec(getComputedStyle(img).objectPosition) ?? [];
        const high = isWhole ? 1 : Math.min(1, box.height / (img.naturalHeight * scale));
        const wide = isWhole ? 1 : Math.min(1, box.width / (img.naturalWidth * scale));
        return { ratio, share: high * wide, upperThird: isWhole || (across !== undefined && high > 0.33), box: { width: box.width, height: box.height } };
      }),
    );
}

const failed = await runSteps(
  [
    [
      'Ana posts pictures of many shapes',
      async () => {
        await signUp(atDesk, { ...ana, link: server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean) });
        anaAlone = await person(server.url, ana.handle, ana.password);
        const photos = await drawPhotos(browser, [
          { alt: 'Wide', width: 1800, height: 1200 },
          { alt: 'Upright', width: 900, height: 1200 },
          { alt: 'Square', width: 1000, height: 1000 },
          { alt: 'A screen', width: 585, height: 1266 },
          { alt: 'All around', width: 1200, height: 300 },
          { alt: 'The letter from top to bottom', width: 500, height: 3000 },
          { alt: 'A screen alone', width: 585, height: 1266 },
        ]);
        const media = await Promise.all(photos.map(async (photo) => ({ alt: photo.alt, media_id: await anaAlone.upload(photo, 'post') })));
        const [wide, upright, square, screen, around, letter, alone] = media;
        await anaAlone.call('POST', '/posts', { body: LONG, media: [letter] });
        await anaAlone.call('POST', '/posts', { body: SCREENSHOT, media: [alone] });
        await anaAlone.call('POST', '/posts', { body: FIVE, media: [wide, upright, square, screen, around] });
        await logIn(onPhone, ana);
        await expect.visible(post(onPhone, FIVE));
      },
    ],
    [
      'lists cut off no face and no screenshot, and the frame has its place before the pictures come',
      async () => {
        for (const page of [onPhone, atDesk]) {
          await page.goto('/home');
          await expect.visible(post(page, LONG));
          const frame = post(page, FIVE).getByRole('list').first();
          const before = await frame.boundingBox();
          for (const text of [FIVE, SCREENSHOT, LONG]) {
            await post(page, text).scrollIntoViewIfNeeded();
            await expect.eventually(`the pictures of "${text}" have arrived`, () => post(page, text).locator('img').evaluateAll((images) => images.every((img) => img.complete && img.naturalWidth > 0)));
          }
          const after = await frame.boundingBox();
          assert.deepEqual([after.width, after.height], [before.width, before.height], 'the frame changed its size');
          for (const { ratio, share, upperThird, box } of await crops(page, FIVE)) {
            assert.ok(share > 0.65, `of a picture of ${ratio.toFixed(2)} in ${Math.round(box.width)} x ${Math.round(box.height)} one sees ${share.toFixed(2)}`);
            assert.ok(upperThird, `the upper third of a picture of ${ratio.toFixed(2)} is cut`);
            assert.ok(Math.min(box.width, box.height) >= 44, `a picture is too small to press: ${JSON.stringify(box)}`);
          }
          const [screenshot] = await crops(page, SCREENSHOT);
          assert.equal(screenshot.share, 1, 'a screenshot is shown whole');
          const [letter] = await crops(page, LONG);
          assert.ok(letter.share < 1 && letter.box.width > 240, 'a long picture fills the width, from its top');
        }
      },
    ],
    [
      'two fingers zoom around the point between them, within bounds, and the largest size is fetched',
      async () => {
        await openPhoto(onPhone, FIVE, 1);
        await expect.visible(viewer(onPhone).getByText('1 of 5'));
        const before = await settled(onPhone);
        const srcBefore = await shown(onPhone).locator('img').evaluate((img) => img.currentSrc);
        const point = { x: 120, y: before.y + before.height / 2 };
        const at = (point.x - before.x) / before.width;
        await fingers.drag([{ x: point.x - 20, y: point.y }, { x: point.x + 20, y: point.y }], [{ x: point.x - 60, y: point.y }, { x: point.x + 60, y: point.y }]);
        const after = await settled(onPhone);
        assert.ok(Math.abs(after.width / before.width - 3) < 0.05, `zoomed to ${after.width / before.width}`);
        assert.ok(Math.abs((point.x - after.x) / after.width - at) < 0.01, 'what lay between the fingers still does');
        await expect.eventually('the larger picture is asked for', async () => (await shown(onPhone).locator('img').evaluate((img) => img.currentSrc)) !== srcBefore);
        await fingers.drag([{ x: 175, y: 420 }, { x: 215, y: 420 }], [{ x: 0, y: 420 }, { x: 389, y: 420 }]);
        const most = await settled(onPhone);
        assert.ok(most.width / before.width <= 8.01, `zoomed to ${most.width / before.width}`);
        await fingers.drag([{ x: 5, y: 420 }, { x: 385, y: 420 }], [{ x: 190, y: 420 }, { x: 200, y: 420 }]);
        assert.deepEqual(await settled(onPhone), before, 'it comes back to where it lay');
      },
    ],
    [
      'a double tap zooms there; a drag then moves the picture and not the list, and stops at its edges',
      async () => {
        const before = await settled(onPhone);
        await fingers.doubleTap({ x: 300, y: MIDDLE.y });
        await expect.eventually('it is closer', async () => (await settled(onPhone)).width > before.width * 2);
        const closer = await settled(onPhone);
        assert.ok(Math.abs((300 - closer.x) / closer.width - (300 - before.x) / before.width) < 0.01, 'the point that was tapped stays');
        await fingers.swipe(MIDDLE, { x: MIDDLE.x + 60, y: MIDDLE.y });
        const moved = await settled(onPhone);
        assert.ok(Math.abs(moved.x - closer.x - 60) < 1.5, `moved by ${moved.x - closer.x}`);
        for (let times = 0; times < 4; times += 1) await fingers.swipe({ x: 20, y: MIDDLE.y }, { x: 380, y: MIDDLE.y });
        const edge = await settled(onPhone);
        assert.ok(Math.abs(edge.x) < 1, `its edge is at ${edge.x}`);
        await expect.visible(viewer(onPhone).getByText('1 of 5'));
        await fingers.doubleTap(MIDDLE);
        await expect.eventually('it is whole again', async () => Math.abs((await settled(onPhone)).width - before.width) < 1);
      },
    ],
    [
      'a swipe follows the finger and goes on; half a swipe goes back; there are no arrows over the picture',
      async () => {
        const before = await settled(onPhone);
        await fingers.swipe(MIDDLE, { x: MIDDLE.x - 70, y: MIDDLE.y }, { stay: true });
        await expect.eventually('it follows the finger by 70 px', async () => Math.abs(before.x - (await shown(onPhone).boundingBox()).x - 70) < 1.5);
        // The finger rests before it leaves: that is no throw.
        await onPhone.waitForFunction((since) => performance.now() - since > 120, await onPhone.evaluate(() => performance.now()));
        await fingers.lift();
        assert.deepEqual(await settled(onPhone), before, 'it comes back');
        await fingers.swipe({ x: 330, y: MIDDLE.y }, { x: 60, y: MIDDLE.y });
        await expect.visible(viewer(onPhone).getByText('2 of 5'));
        const next = await settled(onPhone);
        assert.ok(Math.abs(next.x + next.width / 2 - 195) < 1, 'the next picture is in the middle');
        const isThere = await viewer(onPhone).locator('img').evaluateAll((images) => images.length === 3 && images.every((img) => img.complete && img.naturalWidth > 0));
        assert.ok(isThere, 'its neighbours are there already');
        const overIt = await onPhone.evaluate(([x, y]) => document.elementsFromPoint(x, y).some((element) => element.tagName === 'BUTTON'), [MIDDLE.x, MIDDLE.y]);
        assert.ok(!overIt);
        for (const name of ['Previous photo', 'Next photo']) {
          const opacity = await viewer(onPhone).getByRole('button', { name }).evaluate((button) => getComputedStyle(button).opacity);
          assert.equal(opacity, '0', `"${name}" is not seen, and yet there for screen readers`);
        }
        await fingers.swipe({ x: 60, y: MIDDLE.y }, { x: 330, y: MIDDLE.y });
        await expect.visible(viewer(onPhone).getByText('1 of 5'));
        await fingers.swipe({ x: 60, y: MIDDLE.y }, { x: 330, y: MIDDLE.y });
        assert.deepEqual(await settled(onPhone), before, 'before the first there is nothing');
      },
    ],
    [
      'one tap takes bar and description away, and the next brings them back',
      async () => {
        const close = viewer(onPhone).getByRole('button', { name: 'Close' });
        const opacity = () => close.evaluate((button) => getComputedStyle(button.closest('header')).opacity);
        await fingers.tap(MIDDLE);
        await expect.eventually('the bar is gone', async () => (await opacity()) === '0');
        await fingers.tap(MIDDLE);
        await expect.eventually('the bar is back', async () => (await opacity()) === '1');
      },
    ],
    ['the viewer is accessible', async () => expect.none(await accessibilityProblems(onPhone), 'axe found')],
    [
      'a saved photo is the largest, has a name that says what it is, and no metadata',
      async () => {
        await onPhone.evaluate(() => Object.defineProperty(navigator, 'canShare', { value: () => false, configurable: true }));
        const [download] = await Promise.all([onPhone.waitForEvent('download'), viewer(onPhone).getByRole('button', { name: 'Save photo' }).click()]);
        assert.equal(download.suggestedFilename().replace(/\.\w+$/, ''), 'Wide');
        const bytes = await readFile(await download.path());
        assert.ok(bytes.length > 5_000, `${bytes.length} bytes`);
        assert.ok(!bytes.includes('Exif\0'), 'no metadata');
        await expect.visible(onPhone.getByText('Photo saved.'));
      },
    ],
    [
      'where the device shares files, its sheet gets the photo',
      async () => {
        await onPhone.evaluate(() => {
          window.shared = [];
          Object.defineProperty(navigator, 'canShare', { value: () => true, configurable: true });
          Object.defineProperty(navigator, 'share', { value: async ({ files }) => window.shared.push(files[0].name, files[0].type, files[0].size), configurable: true });
        });
        await viewer(onPhone).getByRole('button', { name: 'Save photo' }).click();
        await expect.eventually('it was shared', () => onPhone.evaluate(() => window.shared.length === 3 && window.shared[0].startsWith('Wide.') && window.shared[2] > 5_000));
      },
    ],
    [
      'pulled down it closes, a little down it stays; Back closes it and stays on the page',
      async () => {
        await fingers.swipe(MIDDLE, { x: MIDDLE.x, y: MIDDLE.y + 60 }, { stay: true });
        await onPhone.waitForFunction((since) => performance.now() - since > 120, await onPhone.evaluate(() => performance.now()));
        await fingers.lift();
        await settled(onPhone);
        await expect.visible(viewer(onPhone));
        await fingers.swipe(MIDDLE, { x: MIDDLE.x, y: MIDDLE.y + 300 });
        await expect.hidden(viewer(onPhone));
        await openPhoto(onPhone, FIVE, 2);
        await onPhone.goBack();
        await expect.hidden(viewer(onPhone));
        await expect.path(onPhone, /^\/home$/);
        await expect.visible(post(onPhone, FIVE));
      },
    ],
    [
      'at the desk keys do all of it, and the arrows stand beside the picture',
      async () => {
        const button = post(atDesk, FIVE).getByRole('button', { name: /^Open photo 1 of/ });
        await button.focus();
        await atDesk.keyboard.press('Enter');
        await expect.visible(viewer(atDesk).getByText('1 of 5'));
        const before = await settled(atDesk);
        for (const name of ['Previous photo', 'Next photo']) {
          const arrow = await viewer(atDesk).getByRole('button', { name }).boundingBox();
          assert.ok(arrow.x + arrow.width <= before.x || arrow.x >= before.x + before.width, `"${name}" lies over the picture`);
        }
        await atDesk.keyboard.press('ArrowRight');
        await expect.visible(viewer(atDesk).getByText('2 of 5'));
        await atDesk.keyboard.press('Home');
        await atDesk.keyboard.press('+');
        await expect.eventually('it is larger', async () => (await settled(atDesk)).width > before.width * 1.4);
        await expect.visible(viewer(atDesk).getByText('150 % of its size'));
        const closer = await settled(atDesk);
        await atDesk.keyboard.press('ArrowRight');
        await expect.eventually('it moved', async () => (await settled(atDesk)).x < closer.x - 20);
        await isAt(atDesk, '1 of 5');
        await atDesk.keyboard.press('0');
        await expect.eventually('it is whole again', async () => (await settled(atDesk)).width === before.width);
        await atDesk.keyboard.press('End');
        await isAt(atDesk, '5 of 5');
        await atDesk.keyboard.press('Escape');
        await expect.hidden(viewer(atDesk));
        await expect.eventually('the focus is where it was', () => button.evaluate((element) => element === document.activeElement));
      },
    ],
    [
      'the wheel zooms around the pointer, and the page behind keeps its size',
      async () => {
        await openPhoto(atDesk, FIVE, 1);
        const before = await settled(atDesk);
        const point = { x: before.x + before.width * 0.3, y: before.y + before.height * 0.4 };
        await atDesk.mouse.move(point.x, point.y);
        await atDesk.mouse.wheel(0, -300);
        await expect.eventually('it is larger', async () => (await settled(atDesk)).width > before.width * 1.5);
        const after = await settled(atDesk);
        assert.ok(Math.abs((point.x - after.x) / after.width - 0.3) < 0.01, 'the point under the pointer stays');
        assert.equal(await atDesk.evaluate(() => visualViewport.scale), 1);
        await atDesk.keyboard.press('Escape');
      },
    ],
    ['nothing went wrong behind the pages', async () => expect.none([...desk.problems, ...phone.problems], 'the pages reported')],
  ],
  { pages: { desk: atDesk, phone: onPhone }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
