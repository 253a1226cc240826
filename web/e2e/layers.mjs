// Back closes what lies on top and leaves the page only when nothing does: viewer, sheets, questions, menus, the
// composer; on a phone and at a desk. `npm run e2e`.
import assert from 'node:assert/strict';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { ask, join, person } from './api.mjs';
import { about, field, openActions, openChat, row } from './chatting.mjs';
import { expect } from './expect.mjs';
import { goTo, logIn, post } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';
import { fingerOn, middleOf, restingMiddleOf } from './touch.mjs';

const INVITATION = /https?:\/\/\S+\/join\/(\S+)/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };
const GROUP = 'Night shift';
const PICTURED = 'The one with the picture.';
const POSTS = 12;

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const desk = await openPage(browser, server.url, { viewport: { width: 1280, height: 860 } });
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
const onPhone = phone.page;
const atDesk = desk.page;
let groupId;

/** Where the tab is, as its history sees it: the page's number, and how many layers lie on it. */
const place = (page) => page.evaluate(() => ({ index: history.state?.['__TSR_index'], layers: history.state?.village_layers ?? 0, path: location.pathname, scroll: Math.round(window.scrollY) }));
const stands = (page, what, wanted) =>
  expect.eventually(`${what}: ${JSON.stringify(wanted)}`, async () => {
    const now = await place(page);
    return Object.entries(wanted).every(([key, value]) => now[key] === value);
  });
/** The browser's own Back and Forward, which wait for no page to load. */
const traverse = (page, steps) => page.evaluate((by) => history.go(by), steps);
const back = (page) => traverse(page, -1);

/** Opens something, sees that Back closes it and nothing else, and that Forward does not bring it back. */
async function closesByBack(page, open, layer) {
  const before = await place(page);
  await open();
  await expect.visible(layer);
  await stands(page, 'the layer is an entry', { ...before, layers: before.layers + 1 });
  await back(page);
  await expect.hidden(layer);
  await stands(page, 'Back closed the layer', before);
  await traverse(page, 1);
  await stands(page, 'Forward leads to no ghost', before);
  await expect.hidden(layer);
}

const failed = await runSteps(
  [
    [
      'Ana and Mara are here, with posts and a group',
      async () => {
        const code = server.lines.map((line) => INVITATION.exec(line)?.[1]).find(Boolean);
        await ask(server.url, null, 'POST', '/auth/signup', { email: ana.email, password: ana.password, handle: ana.handle, display_name: ana.name, invitation: code, refresh: 'body' });
        const anaAlone = await person(server.url, ana.handle, ana.password);
        const maraAlone = await join(server.url, anaAlone, mara);
        await maraAlone.call('POST', '/users/follow', { user_id: anaAlone.id });
        const photo = await drawPhoto(browser, '');
        for (let number = 1; number <= POSTS; number += 1) {
          const isPictured = number === 6;
          const media = isPictured ? [{ media_id: await anaAlone.upload(photo, 'post'), alt: 'A sun' }] : [];
          const { id } = await anaAlone.call('POST', '/posts', { body: isPictured ? PICTURED : `Night ${number}.\n\nAll is well.\n\nNobody slept.\n\nAgain.`, media });
          if (isPictured) await anaAlone.call('PUT', `/posts/${id}/like`);
        }
        ({ id: groupId } = await anaAlone.call('POST', '/conversations/groups', { name: GROUP, member_ids: [maraAlone.id] }));
        await anaAlone.say(groupId, 'Who is up?');
        await logIn(onPhone, mara);
        await logIn(atDesk, mara);
        for (const page of [onPhone, atDesk]) await expect.visible(post(page, PICTURED));
      },
    ],
    [
      'the viewer over the feed closes by Back, and the feed stays where it was',
      async () => {
        for (const page of [onPhone, atDesk]) {
          const photo = page.getByRole('button', { name: /^Open photo 1 of 1/ });
          await photo.scrollIntoViewIfNeeded();
          const { scroll } = await place(page);
          await expect.eventually('the feed is scrolled', async () => scroll > 0);
          await closesByBack(page, () => photo.click(), page.getByRole('dialog', { name: 'Photos' }));
          await stands(page, 'nothing moved', { scroll, path: '/home' });
        }
      },
    ],
    [
      'a menu and the question that follows it close by Back, one after the other',
      async () => {
        for (const page of [onPhone, atDesk]) {
          const menu = () => post(page, PICTURED).getByRole('button', { name: 'More about this post' }).click();
          await closesByBack(page, menu, page.getByRole('menu'));
        }
      },
    ],
    [
      'a menu in a composer in a page: Back takes the topmost, and words stay',
      async () => {
        for (const [page, name] of [
          [onPhone, 'New post'],
          [atDesk, /^What’s on your mind|^What's on your mind/],
        ]) {
          await page.evaluate(() => window.scrollTo(0, 0));
          const composer = page.getByRole('dialog', { name: 'New post' });
          await page.getByRole('button', { name }).first().click();
          await composer.getByLabel('Your post').fill('Half a thought');
          await stands(page, 'the composer is one layer', { layers: 1 });
          await closesByBack(page, () => composer.getByRole('button', { name: /Where to/ }).click(), page.getByRole('listbox'));
          await back(page);
          await expect.hidden(composer);
          await stands(page, 'the composer is closed', { path: '/home', layers: 0 });
          await page.getByRole('button', { name }).first().click();
          await expect.value(composer.getByLabel('Your post'), 'Half a thought');
          await composer.getByLabel('Your post').fill('');
          await composer.getByRole('button', { name: 'Close' }).click();
          await expect.hidden(composer);
          await stands(page, 'X takes the entry with it', { path: '/home', layers: 0 });
        }
      },
    ],
    [
      'a link in a sheet leaves nothing behind: Back comes to the page without the sheet, at the same place',
      async () => {
        for (const page of [onPhone, atDesk]) {
          await post(page, PICTURED).getByRole('link', { name: /comments$/ }).click();
          const likes = page.getByRole('button', { name: 'Who liked this' });
          await expect.visible(likes);
          const before = await place(page);
          await likes.click();
          const sheet = page.getByRole('dialog', { name: 'Liked by' });
          await sheet.getByRole('link', { name: /Ana Ribeiro/ }).first().click();
          await expect.path(page, /^\/@ana$/);
          await stands(page, 'the profile is the next page', { index: before.index + 1, layers: 0 });
          await back(page);
          await stands(page, 'back at the post', before);
          await expect.hidden(sheet);
          await back(page);
          await expect.path(page, /^\/home$/);
        }
      },
    ],
    [
      'sheet over page, question over sheet: two quick Backs close both and stay',
      async () => {
        for (const page of [onPhone]) {
          await openChat(page, groupId, GROUP);
          const before = await place(page);
          const sheet = await about(page, GROUP);
          await sheet.getByRole('button', { name: 'Leave group' }).click();
          const question = page.getByRole('alertdialog');
          await expect.visible(question);
          await stands(page, 'two layers', { layers: 2 });
          await back(page);
          await expect.hidden(question);
          await expect.visible(sheet);
          await sheet.getByRole('button', { name: 'Leave group' }).click();
          await stands(page, 'two layers again', { layers: 2 });
          await page.evaluate(() => {
            history.back();
            setTimeout(() => history.back(), 0);
          });
          await expect.hidden(question);
          await expect.hidden(sheet);
          await stands(page, 'the conversation is still there', before);
        }
      },
    ],
    [
      'a sheet that takes the place of another takes its entry',
      async () => {
        await openChat(atDesk, groupId, GROUP);
        const dialog = await openActions(atDesk, row(atDesk, GROUP, 'Who is up?'));
        await dialog.getByRole('button', { name: 'Forward' }).click();
        const sheet = atDesk.getByRole('dialog', { name: 'Forward to' });
        await expect.visible(sheet);
        await stands(atDesk, 'one layer', { layers: 1 });
        await back(atDesk);
        await expect.hidden(sheet);
        await stands(atDesk, 'none', { layers: 0, path: `/chat/${groupId}` });
        await expect.visible(field(atDesk));
      },
    ],
    [
      'a reload with a sheet on top leaves the page, and one Back leaves that',
      async () => {
        for (const page of [onPhone]) {
          await goHome(page);
          await goTo(page, 'Channels');
          await page.getByRole('button', { name: 'Create channel' }).first().click();
          await stands(page, 'one layer', { layers: 1, path: '/c' });
          await page.reload();
          await expect.visible(page.getByRole('heading', { name: 'Channels' }));
          await stands(page, 'the entry is left', { layers: 0, path: '/c' });
          await expect.hidden(page.getByRole('dialog'));
          await back(page);
          await expect.path(page, /^\/home$/);
        }
      },
    ],
    [
      'a form with changes asks, by Back, by Escape, by a press outside and by X, and keeps what was entered',
      async () => {
        for (const page of [onPhone]) {
          await page.goto('/@mara');
          const before = await place(page);
          await page.getByRole('button', { name: 'Edit profile' }).click();
          const form = page.getByRole('dialog', { name: 'Edit profile' });
          await form.getByLabel('About you').fill('Up at three.');
          const question = page.getByRole('alertdialog', { name: 'Discard your changes?' });
          const ways = [() => back(page), () => page.keyboard.press('Escape'), () => page.mouse.click(4, 4), () => form.getByRole('button', { name: 'Close' }).click()];
          for (const close of ways) {
            await close();
            await expect.visible(question);
            await question.getByRole('button', { name: 'Keep editing' }).click();
            await expect.hidden(question);
            await expect.value(form.getByLabel('About you'), 'Up at three.');
          }
          await back(page);
          await expect.visible(question);
          await back(page);
          await expect.hidden(question);
          await expect.visible(form);
          await back(page);
          await question.getByRole('button', { name: 'Discard' }).click();
          await expect.hidden(form);
          await stands(page, 'the profile', before);
        }
      },
    ],
    [
      'a form that was sent leads on, without a question',
      async () => {
        await goTo(atDesk, 'Channels');
        await atDesk.getByRole('button', { name: 'Create channel' }).first().click();
        const before = await place(atDesk);
        const dialog = atDesk.getByRole('dialog', { name: 'Create channel' });
        await dialog.getByLabel('Name').fill('Preemies');
        await dialog.getByRole('button', { name: 'Create channel' }).click();
        await expect.path(atDesk, /^\/c\/preemies$/);
        await stands(atDesk, 'the next page', { index: before.index + 1, layers: 0 });
        await back(atDesk);
        await stands(atDesk, 'the list', { path: '/c', layers: 0, index: before.index });
      },
    ],
    [
      'a finger that held a message chooses nothing when it is lifted, wherever that is; the next tap does',
      async () => {
        await openChat(onPhone, groupId, GROUP);
        const finger = await fingerOn(onPhone);
        const bubble = row(onPhone, GROUP, 'Who is up?').locator('[data-bubble]');
        const dialog = onPhone.getByRole('dialog', { name: 'More about this message' });
        const entries = dialog.getByRole('listitem').getByRole('button');
        for (const entry of [entries.first(), dialog.getByRole('button', { name: 'Reply' }), entries.last()]) {
          await finger.down(await middleOf(bubble));
          await expect.visible(dialog);
          await finger.move(await restingMiddleOf(entry));
          await finger.up();
          await nothingChosen(onPhone, dialog);
          await back(onPhone);
          await expect.hidden(dialog);
        }
        // The entry that comes to lie under the finger by itself.
        await finger.down(await middleOf(bubble));
        await expect.visible(dialog);
        await finger.up();
        await nothingChosen(onPhone, dialog);
        await finger.tap(await restingMiddleOf(dialog.getByRole('button', { name: 'Reply' })));
        await expect.hidden(dialog);
        await expect.visible(onPhone.getByRole('button', { name: 'Do not reply to it' }));
        await onPhone.getByRole('button', { name: 'Do not reply to it' }).click();
      },
    ],
    [
      'the first tap after a page has loaded opens the composer, and a second one at the same place changes nothing',
      async () => {
        const composer = onPhone.getByRole('dialog', { name: 'New post' });
        const ways = [(finger, plus) => Promise.all([finger.tap(plus), finger.tap(plus)]), (finger, plus) => finger.tap(plus).then(() => expect.visible(composer)).then(() => finger.tap(plus))];
        for (const tapTwice of ways) {
          await goHome(onPhone);
          await stands(onPhone, 'home', { layers: 0 });
          await onPhone.evaluate(() => {
            window.ups = 0;
            document.addEventListener('pointerup', () => (window.ups += 1), true);
            window.moves = 0;
            history.go = (steps) => {
              window.moves += 1;
              History.prototype.go.call(history, steps);
            };
          });
          await tapTwice(await fingerOn(onPhone), await middleOf(onPhone.getByRole('button', { name: 'New post' })));
          await expect.eventually('both taps have come', () => onPhone.evaluate(() => window.ups === 2));
          await expect.visible(composer.getByLabel('Your post'));
          // Twice, so that what the second tap may have begun has been drawn.
          await onPhone.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
          await expect.visible(composer);
          await stands(onPhone, 'the composer is open', { layers: 1 });
          assert.equal(await onPhone.evaluate(() => window.moves), 0, 'its entry was given back while it opened');
          await composer.getByRole('button', { name: 'Close' }).click();
          await expect.hidden(composer);
          await stands(onPhone, 'and closed', { layers: 0 });
        }
      },
    ],
    [
      'what opens is not seen without its look, also when its stylesheet is late and was asked for by something else before',
      async () => {
        await goHome(onPhone);
        let letIn;
        const gate = new Promise((resolve) => (letIn = resolve));
        await onPhone.route('**/assets/*.css', (route) => gate.then(() => route.continue()));
        const composer = onPhone.getByRole('dialog', { name: 'New post' });
        await (await fingerOn(onPhone)).tap(await middleOf(onPhone.getByRole('button', { name: 'New post' })));
        const hasScript = (name) => onPhone.evaluate((part) => performance.getEntriesByType('resource').some(({ name: url }) => new RegExp(`/${part}-[^/]*[.]js$`).test(url)), name);
        await expect.eventually('the scripts are there', async () => (await hasScript('ComposeSheet')) && (await hasScript('Sheet')));
        await onPhone.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
        assert.equal(await composer.count(), 0, 'it is seen without its look');
        letIn();
        await expect.visible(composer);
        await onPhone.unrouteAll();
        const middle = await restingMiddleOf(composer);
        await expect.eventually('it lies over the page', () => composer.evaluate((element, { x, y }) => element.contains(document.elementFromPoint(x, y)), middle));
        await back(onPhone);
        await expect.hidden(composer);
      },
    ],
    [
      'a key that is held does not go on in what it opened',
      async () => {
        await openChat(atDesk, groupId, GROUP);
        await row(atDesk, GROUP, 'Who is up?').focus();
        const dialog = atDesk.getByRole('dialog', { name: 'More about this message' });
        await atDesk.keyboard.down('Enter');
        await expect.visible(dialog);
        await expect.eventually('the focus is inside', () => dialog.evaluate((element) => element.contains(document.activeElement)));
        await atDesk.keyboard.down('Enter');
        await atDesk.keyboard.down('Enter');
        await atDesk.keyboard.up('Enter');
        await nothingChosen(atDesk, dialog);
        await atDesk.keyboard.press('Escape');
        await expect.hidden(dialog);
      },
    ],
    ['the pages are accessible', async () => expect.none([...(await accessibilityProblems(onPhone)), ...(await accessibilityProblems(atDesk))], 'axe found')],
    ['nothing went wrong behind the pages', async () => expect.none([...desk.problems, ...phone.problems], 'the pages reported')],
  ],
  { pages: { desk: atDesk, phone: onPhone }, log: server.log },
);

/** What a choice would have led to is looked for after the page has had its turn. */
async function nothingChosen(page, dialog) {
  // Longer than react-aria waits before it makes up for a click that did not come.
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 120)));
  await expect.visible(dialog);
  await stands(page, 'still open', { layers: 1 });
  expect.none(await page.getByRole('button', { name: /Do not reply to it|Cancel editing|people$/ }).allTextContents(), 'something was chosen');
}

async function goHome(page) {
  await page.goto('/home');
  await expect.visible(post(page, PICTURED));
}

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
