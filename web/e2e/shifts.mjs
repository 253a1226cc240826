// Nothing jumps: how far pages move by themselves while they arrive, held to `budgets.json`, and that something is seen in
// every frame from the shell to the page. In the demo community, by phone and desk. `npm run e2e`.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { person } from './api.mjs';
import { launch, openPage } from './browser.mjs';
import { playChat } from './chatScenes.mjs';
import { expect } from './expect.mjs';
import { drawPhoto } from './photo.mjs';
import { startServer } from './server.mjs';
import { framesOf, settled, shiftsOf, watchShifts } from './shiftMeter.mjs';
import { runSteps } from './steps.mjs';

const LOGIN = /Log in as (\S+) with the password (\S+)/;
const SIZES = { phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }, desk: { viewport: { width: 1280, height: 860 } } };
/** Every figure, not only those that are too large. */
const TELLS_ALL = process.env.VILLAGE_SHIFTS === 'all';

let places;
const budget = JSON.parse(await readFile(new URL('../budgets.json', import.meta.url), 'utf8')).layoutShift;
const server = await startServer({ args: ['serve', '--demo'], isReady: (lines) => lines.some((line) => LOGIN.test(line)) });
const [, email, password] = server.lines.map((line) => LOGIN.exec(line)).find(Boolean);
// With the bar that scrolls, as people have it on a desk.
const browser = await launch({ ignoreDefaultArgs: ['--hide-scrollbars'] });

async function open(device) {
  const found = await openPage(browser, server.url, SIZES[device]);
  await watchShifts(found.context);
  return found;
}

async function logInto({ context }) {
  const answer = await context.request.post('/auth/login', { data: { email, password, refresh: 'cookie' } });
  assert.ok(answer.ok(), `the log-in answered ${answer.status()}`);
  await context.addInitScript(() => localStorage.setItem('village.session', 'yes'));
}

async function measure(page, device, { name }, when) {
  await settled(page);
  const { sum, cls, told } = await shiftsOf(page);
  const frames = await framesOf(page);
  if (TELLS_ALL) console.log(`${device} ${name}, ${when}: ${sum.toFixed(4)} (CLS ${cls.toFixed(4)}); ${frames.join(', ')}\n  ${told.join('\n  ')}`);
  const faults = [];
  if (sum > budget[device]) faults.push(`${device} ${name}, ${when}: moved by ${sum.toFixed(4)}, allowed are ${budget[device]}\n    ${told.join('\n    ')}`);
  // Before the first paint there is no shell yet.
  if (frames.join().replace(/^nothing,/, '') !== 'shell,page') faults.push(`${device} ${name}, ${when}: seen was ${frames.join(', ')}`);
  return faults;
}

/** The font comes when the page is there: what is written moves from one font to the other. */
async function firstVisit(page, device, place) {
  let letFontsCome;
  const fonts = new Promise((resolve) => (letFontsCome = resolve));
  // The cache is not asked as long as this holds.
  await page.route('**/*.woff2', (route) => fonts.then(() => route.continue()));
  await page.goto(place.path, { waitUntil: 'commit' });
  await expect.visible(place.ready(page));
  letFontsCome();
  const faults = await measure(page, device, place, 'first visit');
  await page.unrouteAll({ behavior: 'wait' });
  return faults;
}

async function nextVisit(page, device, place) {
  await page.goto(place.path, { waitUntil: 'commit' });
  await expect.visible(place.ready(page));
  return measure(page, device, place, 'with what is on the device');
}

async function visitAll(device, list, { isIn }) {
  const found = await open(device);
  if (isIn) await logInto(found);
  const faults = [];
  for (const place of list) faults.push(...(await firstVisit(found.page, device, place)));
  for (const place of list.filter(({ isKept }) => isKept)) faults.push(...(await nextVisit(found.page, device, place)));
  await found.context.close();
  return [...faults, ...found.problems];
}

const bothDevices = async (list, options) => expect.none((await Promise.all(['phone', 'desk'].map((device) => visitAll(device, list, options)))).flat(), 'what moved');

const failed = await runSteps(
  [
    [
      'a community with everything in it',
      async () => {
        const { group } = await playChat(server.url, password, [await drawPhoto(browser, 'An evening sun over a field')]);
        const ana = await person(server.url, 'ana', password);
        const { items: posts } = await ana.call('GET', '/feed?limit=50');
        const { items: channels } = await ana.call('GET', '/channels?limit=100');
        const post = posts.find(({ images }) => images.length > 1) ?? posts.find(({ images }) => images.length > 0);
        const channel = channels.find(({ membership, visibility }) => membership === 'owner' && visibility === 'open') ?? channels.find(({ membership }) => membership === 'member');
        const article = (page) => page.getByRole('article');
        places = [
          { name: 'home', isKept: true, path: '/home', ready: article },
          { name: 'a post with photos', path: `/p/${post.id}`, ready: (page) => page.getByLabel('Add a comment') },
          { name: 'channels', path: '/c', ready: (page) => page.getByRole('main').getByRole('listitem') },
          { name: 'a channel', isKept: true, path: `/c/${channel.slug}`, ready: article },
          { name: 'a profile', path: '/@leila', ready: article },
          { name: 'alerts', path: '/alerts', ready: (page) => page.getByRole('main').getByRole('listitem') },
          { name: 'messages', isKept: true, path: '/chat', ready: (page) => page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: /^Night shift/ }) },
          { name: 'a conversation', isKept: true, path: `/chat/${group}`, ready: (page) => page.getByRole('log').locator('[data-message]') },
          { name: 'settings', path: '/settings', ready: (page) => page.getByRole('button', { name: 'Log out', exact: true }) },
        ];
      },
    ],
    [
      'what moves by itself is counted',
      async () => {
        const { page, context } = await open('phone');
        await page.goto('/login');
        await expect.visible(page.getByRole('heading', { name: 'Welcome back' }));
        await settled(page);
        await page.evaluate(() => document.querySelector('h1').before(Object.assign(document.createElement('p'), { textContent: 'Something that comes late, and is long enough for a line or two of its own.' })));
        await settled(page);
        const { sum, told } = await shiftsOf(page);
        assert.ok(sum > 0.01 && told.length > 0, `only ${sum} was counted`);
        await context.close();
      },
    ],
    ['log-in arrives in its place', () => bothDevices([{ name: 'log-in', path: '/login', ready: (page) => page.getByRole('heading', { name: 'Welcome back' }) }], { isIn: false })],
    ['every page arrives in its place', () => bothDevices(places, { isIn: true })],
  ],
  { pages: {}, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
