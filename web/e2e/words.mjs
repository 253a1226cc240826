// Words and formats: the reader's region, days that end at midnight, and names as wide as they may be. `npm run e2e`.
import assert from 'node:assert/strict';
import { person } from './api.mjs';
import { launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { misfits } from './fits.mjs';
import { logIn, signUp } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';
import { LONG_HANDLE, WIDE, fillWideWorld } from './wideWorld.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const phone = await openPage(browser, server.url, { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce' });
const { page } = phone;
const all = [phone];
let world;

/** Another reader, who sees what Ana sees. */
async function reader(options) {
  const opened = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, ...options });
  all.push(opened);
  await logIn(opened.page, ana);
  await expect.path(opened.page, /^\/home$/);
  return opened.page;
}

/** What stands under the last message, and what its bubble says when one stays on it. */
async function written(where) {
  const log = where.getByRole('log');
  await expect.visible(log.locator('[data-message]'));
  return {
    clock: await log.locator('p time').last().textContent(),
    title: await log.locator('[data-bubble][title]').last().getAttribute('title'),
  };
}

async function open(path, awaited) {
  await page.goto(path);
  await isThere(awaited);
}

async function isThere(awaited) {
  await expect.visible(awaited ?? page.getByRole('heading', { level: 1 }));
  await expect.eventually('nothing is on its way', () => page.evaluate(() => document.querySelector('[aria-busy="true"]') === null));
}

/** To another page of the same document, as a link goes there. */
async function goOn(path, awaited) {
  await page.evaluate((to) => {
    history.pushState({}, '', to);
    dispatchEvent(new PopStateEvent('popstate'));
  }, path);
  await expect.path(page, new RegExp(`^${path}$`));
  await isThere(awaited);
}

/** As it is, and with text twice as large, as whoever needs it sets it. */
async function fits(what) {
  for (const size of ['200%', '100%']) {
    await page.evaluate(async (percent) => {
      document.documentElement.style.fontSize = percent;
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      await Promise.all(document.getAnimations().filter((animation) => animation.effect?.getTiming().iterations !== Infinity).map((animation) => animation.finished.catch(() => undefined)));
    });
    expect.none(await misfits(page), `${what} does not fit (text at ${size})`);
  }
}

const dialog = () => page.getByRole('dialog').last();
const inGroup = () => open(`/chat/${world.group}`, page.getByRole('log').locator('[data-message]'));

/** What opens over a page, by its name: how to get there. */
const overlays = {
  'the composer and its choice of readers': async () => {
    await open('/home');
    await page.getByRole('button', { name: 'New post' }).click();
    await expect.visible(dialog());
    await fits('the composer');
    await page.getByRole('button', { name: /Where to/ }).click();
    await expect.visible(page.getByRole('option').first());
  },
  'who liked it': async () => {
    await open(`/p/${world.own}`, page.getByRole('article'));
    await page.getByRole('button', { name: 'See who liked this' }).click();
    await expect.visible(dialog().getByRole('link').first());
  },
  'the members of a channel': async () => {
    await open(`/c/${world.open}`);
    await page.getByRole('tab', { name: 'Members' }).click();
    await expect.visible(page.getByRole('tabpanel').getByRole('link').first());
  },
  'whom to invite': async () => {
    await open(`/c/${world.hidden}`);
    await page.getByRole('button', { name: 'Invite people' }).click();
    await expect.visible(dialog().getByRole('button', { name: /^Invite/ }).first());
  },
  'about a group, and the menu of a member': async () => {
    await inGroup();
    await page.getByRole('heading', { level: 2 }).getByRole('button').first().click();
    await expect.visible(dialog().getByText('Members', { exact: true }));
    await fits('about a group');
    await dialog().getByRole('button', { name: /^More about W/ }).first().click();
    await expect.visible(page.getByRole('menuitem').first());
  },
  'what to do with a message, and whom to forward it to': async () => {
    await inGroup();
    await page.locator('[data-message]').last().focus();
    await page.keyboard.press('Enter');
    await expect.visible(dialog().getByRole('button', { name: 'Forward' }));
    await fits('what to do with a message');
    await dialog().getByRole('button', { name: 'Forward' }).click();
    await expect.visible(dialog().getByRole('button', { name: new RegExp(WIDE) }).first());
  },
  'who reacted': async () => {
    await inGroup();
    await page.getByRole('button', { name: 'Who reacted' }).last().click();
    await expect.visible(dialog().getByText('@ana').first());
  },
  'people to mention': async () => {
    await inGroup();
    await page.getByLabel('Message', { exact: true }).pressSequentially('@w');
    await expect.visible(page.getByRole('listbox', { name: 'People to mention' }));
  },
  'a new message': async () => {
    await open('/chat', page.getByRole('button', { name: 'New message' }));
    await page.getByRole('button', { name: 'New message' }).click();
    await expect.visible(dialog().getByRole('checkbox').first());
    await dialog().getByRole('checkbox').nth(0).click();
    await dialog().getByRole('checkbox').nth(1).click();
  },
  'a photo with a long description': async () => {
    await open(`/p/${world.post}`, page.getByRole('article'));
    await page.getByRole('button', { name: /^Open photo 1/ }).click();
    await expect.visible(page.getByRole('dialog', { name: 'Photos' }));
  },
};

function pagesOf({ open: channel, hidden, invited, post, group, direct, request }) {
  const row = page.getByRole('link', { name: new RegExp(WIDE) });
  const log = page.getByRole('log').locator('[data-message]');
  // What no page before it has.
  const title = (name) => page.getByRole('heading', { level: 1, name });
  return [
    ['home', '/home', page.getByRole('article')],
    ['channels', '/c', row],
    ['a channel', `/c/${channel}`, title(WIDE)],
    ['a private channel', `/c/${hidden}`, title(/^漢{50}/)],
    ['an invitation to a channel', `/c/${invited}`, page.getByRole('region', { name: 'Invitation' })],
    ['a post', `/p/${post}`, page.getByRole('region', { name: 'Comments' }).getByRole('listitem')],
    ['a profile', `/@${LONG_HANDLE}`, title(WIDE)],
    ['followers', '/@ana/followers', row],
    ['conversations', '/chat', row],
    ['a group', `/chat/${group}`, log],
    ['a conversation', `/chat/${direct}`, log],
    ['requests', '/chat/requests', page.getByRole('link', { name: /^M{50}/ })],
    ['a request', `/chat/${request}`, page.getByRole('button', { name: 'Accept' })],
    ['notifications', '/alerts', row],
    ['settings', '/settings', page.getByRole('button', { name: /^Unblock/ })],
    ['people', '/people', page.getByLabel('Search people')],
  ];
}

const failed = await runSteps(
  [
    [
      'Ana lives among people with the longest names',
      async () => {
        await signUp(page, { ...ana, link: server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean) });
        world = await fillWideWorld(server.url, await person(server.url, ana.handle, ana.password), await drawPhoto(browser, ''));
      },
    ],
    [
      'every page fits in 320 px, also with text at 200 %',
      async () => {
        await open('/home', page.getByRole('article'));
        for (const [name, path, awaited] of pagesOf(world)) {
          await goOn(path, awaited);
          await fits(name);
        }
      },
    ],
    [
      'so does what opens over it',
      async () => {
        for (const [name, show] of Object.entries(overlays)) {
          await show();
          await fits(name);
        }
      },
    ],
    [
      'times are those of the reader’s region, and the words those of the page',
      async () => {
        await page.goto(`/chat/${world.direct}`);
        const british = await written(page);
        assert.match(british.clock, /^\d\d:\d\d$/);
        assert.match(british.title, /^\w+day,? \d{1,2} \w+ \d{4}/);
        const other = await reader({ locale: 'en-US' });
        await other.goto(`/chat/${world.direct}`);
        const american = await written(other);
        assert.match(american.clock, /^\d{1,2}:\d\d\s[AP]M$/u);
        assert.match(american.title, /^\w+day, \w+ \d{1,2}, \d{4}/);
        await other.context().close();
      },
    ],
    [
      'in Austria too; "Today" becomes "Yesterday" at midnight, and then a date, also after the device has slept',
      async () => {
        const other = await reader({ locale: 'de-AT', timezoneId: 'Europe/Vienna' });
        const midnight = nextMidnightIn('Europe/Vienna');
        await other.clock.install({ time: midnight - 30_000 });
        await other.goto(`/chat/${world.direct}`);
        const log = other.getByRole('log');
        await expect.visible(log.getByRole('heading', { name: 'Today' }));
        const { clock, title } = await written(other);
        assert.match(clock, /^\d\d:\d\d$/);
        assert.match(title, /^\w+day,? \d{1,2} \w+ \d{4}/);
        await other.clock.runFor(60_000);
        await expect.visible(log.getByRole('heading', { name: 'Yesterday' }));
        assert.equal(await log.getByRole('heading', { name: 'Today' }).count(), 0);
        // Asleep: time goes on and no timer runs; then somebody looks at the page again.
        await other.clock.pauseAt(midnight + 30 * 3_600_000);
        await other.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
        await expect.visible(log.getByRole('heading', { name: /^\w+day,? \d{1,2} \w+/ }));
        assert.equal(await log.getByRole('heading', { name: 'Yesterday' }).count(), 0);
        await other.context().close();
      },
    ],
    [
      'nothing went wrong behind the pages',
      async () => {
        // So many pages are left so fast that a socket may not have been open yet; the browser notes it.
        const isHaste = (problem) => problem.includes('WebSocket is closed before the connection is established');
        expect.none(all.flatMap(({ problems }) => problems).filter((problem) => !isHaste(problem)), 'the pages reported');
      },
    ],
  ],
  { pages: { ana: page }, log: server.log },
);

/** The end of today there. */
function nextMidnightIn(timeZone) {
  const dateAt = (instant) => new Date(instant).toLocaleDateString('sv-SE', { timeZone });
  const now = Date.now();
  let [before, after] = [now, now + 26 * 3_600_000];
  while (after - before > 1) {
    const between = Math.floor((before + after) / 2);
    if (dateAt(between) === dateAt(now)) before = between;
    else after = between;
  }
  return after;
}

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
