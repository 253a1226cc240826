// Every page and every sheet in every look: 320, 360, 390 and 1280 px, light and dark, 200 % text, on its side. It takes minutes:
// `npm run looks`, after a change of styles.
// With VILLAGE_SHOTS=folder a picture of each is kept there, for people to look at.
import { mkdir } from 'node:fs/promises';
import { join as inFolder } from 'node:path';
import { join, person } from './api.mjs';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { playChat } from './chatScenes.mjs';
import { expect } from './expect.mjs';
import { faultsOf, focusFaults, setText, settle } from './lookChecks.mjs';
import { doors, firstPlaces, places } from './lookPlaces.mjs';
import { logIn } from './people.mjs';
import { drawPhoto, drawPhotos } from './photo.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const LOGIN = /Log in as (\S+) with the password (\S+)/;
const SHOTS = process.env.VILLAGE_SHOTS;
const ONLY = process.env.VILLAGE_PLACES?.split(',');

/** The first look is the one in which a place is gone to; it is looked at by axe as a whole, the others for what changes with them. */
const PHONE = [
  { name: '390', viewport: { width: 390, height: 844 }, checksCover: true, axe: 'whole' },
  { name: '390-dark', viewport: { width: 390, height: 844 }, colorScheme: 'dark', axe: 'contrast' },
  { name: '360', viewport: { width: 360, height: 740 } },
  { name: '320', viewport: { width: 320, height: 568 }, checksCover: true },
  { name: '360-text-200', viewport: { width: 360, height: 740 }, text: 200, checksCover: true },
  { name: 'on-its-side', viewport: { width: 844, height: 390 }, checksCover: true },
];
const DESK = [
  { name: '1280', viewport: { width: 1280, height: 860 }, checksCover: true, axe: 'whole', focus: true },
  { name: '1280-dark', viewport: { width: 1280, height: 860 }, colorScheme: 'dark', axe: 'contrast' },
  { name: '1280-text-200', viewport: { width: 1280, height: 860 }, text: 200, checksCover: true },
];

const server = process.env.VILLAGE_URL
  ? { url: process.env.VILLAGE_URL, lines: ['Log in as ana@village.example with the password well-lit-kitchen'], log: () => '', stop: async () => undefined }
  : await startServer({ args: ['serve', '--demo'], isReady: (lines) => lines.some((line) => LOGIN.test(line)) });
const [, email, password] = server.lines.map((line) => LOGIN.exec(line)).find(Boolean);
const browser = await launch();
if (SHOTS) await mkdir(SHOTS, { recursive: true });
const PHONE_OPTIONS = { viewport: PHONE[0].viewport, isMobile: true, hasTouch: true, reducedMotion: 'reduce' };
const DESK_OPTIONS = { viewport: DESK[0].viewport, reducedMotion: 'reduce' };
const phone = await openPage(browser, server.url, PHONE_OPTIONS);
const desk = await openPage(browser, server.url, DESK_OPTIONS);
const found = [];

async function put(page, { viewport, colorScheme = 'light', text = 100 }) {
  await page.setViewportSize(viewport);
  await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  await setText(page, text);
  await settle(page);
}

async function walk({ page, problems }, device, looks, all) {
  const isTouch = device === 'phone';
  for (const { name, go, on, leave, mayReport } of all) {
    if ((on && on !== device) || (ONLY && !ONLY.includes(name))) continue;
    const seen = new Set();
    const note = (look, faults) => {
      for (const fault of new Set(faults)) {
        // What is wrong in one look is often wrong in all: the first says it.
        const isKnown = seen.has(fault);
        seen.add(fault);
        if (isKnown) continue;
        found.push(`${name} at ${look}: ${fault}`);
        // At once: one may mend the first while the others are looked for.
        console.log(`      ${name} at ${look}: ${fault}`);
      }
    };
    const lookAt = async (look) => {
      await put(page, look);
      if (SHOTS) await page.screenshot({ path: inFolder(SHOTS, `${name}-${look.name}.png`) });
      note(look.name, await faultsOf(page, { isTouch, checksCover: look.checksCover ?? false }));
      if (look.axe) note(look.name, await accessibilityProblems(page, look.axe === 'contrast' ? ['color-contrast'] : undefined));
      if (look.focus) note(look.name, await focusFaults(page, 25));
    };
    // From nowhere: what the last place was still about to do, such as loading itself anew, does not reach this one.
    await page.goto('about:blank');
    await put(page, looks[0]);
    let at = 'the way there';
    try {
      await go(page);
      for (const look of looks) {
        at = look.name;
        await lookAt(look);
      }
    } catch (error) {
      note(at, [`could not be looked at: ${error.message.split('\n')[0]}`]);
    }
    await leave?.(page);
    if (mayReport) problems.splice(0, problems.length, ...problems.filter((problem) => !mayReport.test(problem)));
  }
}

/** What somebody finds who came today. */
async function lookAsNewcomer() {
  const opened = await Promise.all([openPage(browser, server.url, PHONE_OPTIONS), openPage(browser, server.url, DESK_OPTIONS)]);
  for (const { page } of opened) {
    await logIn(page, { email: 'noor@village.example', password });
    await expect.path(page, /^\/home$/);
  }
  const [onPhone, atDesk] = opened;
  await Promise.all([walk(onPhone, 'phone', PHONE, firstPlaces), walk(atDesk, 'desk', DESK, firstPlaces)]);
  found.push(...opened.flatMap(({ problems }) => problems));
}

/** Prints all there is to mend, once each. */
function report() {
  const faults = [...new Set(found.splice(0))];
  expect.none(faults, `${faults.length} faults`);
}

let things;
const failed = await runSteps(
  [
    [
      'a community with everything in it',
      async () => {
        const photos = await Promise.all([drawPhoto(browser, 'An evening sun over a field'), drawPhoto(browser, 'The same sun')]);
        const [{ group, request }, ana] = await Promise.all([playChat(server.url, password, photos), person(server.url, 'ana', password)]);
        const ines = await join(server.url, ana, { handle: 'ines', name: 'Inês Wwwwwwwwww-Mmmmmmmmmmmmmmmm de Vasconcelos', password });
        await join(server.url, ana, { handle: 'noor', name: 'Noor', password });
        const garden = await ines.call('POST', '/channels', { name: 'Gardens and balconies', visibility: 'private' });
        await ines.call('PUT', `/channels/${garden.id}/invitations/${ana.id}`);
        const own = await ana.call('POST', '/channels', { name: 'Our corridor', visibility: 'private', description: 'Who waters what, and when.' });
        const { items: channels } = await ana.call('GET', '/channels?limit=100');
        const { items: posts } = await ana.call('GET', '/feed?limit=50');
        const isOwn = channels.find(({ membership, visibility }) => membership === 'owner' && visibility === 'open');
        const joined = channels.find(({ membership }) => membership === 'member') ?? channels.find(({ membership }) => membership === null);
        if (joined.membership === null) await ana.call('PUT', `/channels/${joined.id}/membership`);
        const post = posts.find(({ images, like_count: likes }) => images.length > 1 && likes > 0) ?? posts.find(({ images }) => images.length > 0);
        const upright = await drawPhotos(browser, [{ alt: '', width: 1200, height: 800 }, { alt: '', width: 500, height: 1100 }]);
        things = { photos: upright.map(({ name, mimeType, buffer }) => ({ name, mimeType, buffer })), group, request, post: post.id, channel: (isOwn ?? own).slug, privateChannel: own.slug, invitedTo: garden.slug, joined: joined.slug };
      },
    ],
    [
      'log-in and sign-up look right in every look',
      async () => {
        await Promise.all([walk(phone, 'phone', PHONE, doors), walk(desk, 'desk', DESK, doors)]);
        report();
      },
    ],
    [
      'every page and every sheet looks right in every look',
      async () => {
        await Promise.all([logIn(phone.page, { email, password }), logIn(desk.page, { email, password })]);
        await Promise.all([expect.path(phone.page, /^\/home$/), expect.path(desk.page, /^\/home$/)]);
        const all = places(things);
        await Promise.all([walk(phone, 'phone', PHONE, all), walk(desk, 'desk', DESK, all)]);
        await lookAsNewcomer();
        report();
      },
    ],
    ['nothing went wrong behind the pages that were looked at', async () => expect.none([...phone.problems, ...desk.problems], 'the pages reported')],
  ],
  { pages: { phone: phone.page, desk: desk.page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
