// The pictures of the README: the real client with the demo community. `npm run screenshots`.
import { mkdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { logIn } from './people.mjs';
import { drawPhoto } from './photo.mjs';
import { playChat } from './chatScenes.mjs';
import { startServer } from './server.mjs';

const LOGIN = /Log in as (\S+) with the password (\S+)/;
const FOLDER = fileURLToPath(new URL('../../docs/images/', import.meta.url));
const MAX_BYTES = 500_000;
const DESKTOP = { width: 1280, height: 860 };
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const pictures = [
  { file: 'home-desktop.png', options: { viewport: DESKTOP } },
  { file: 'home-dark.png', options: { viewport: DESKTOP, colorScheme: 'dark' } },
  { file: 'home-phone.png', options: PHONE },
  { file: 'chat-desktop.png', options: { viewport: DESKTOP }, go: openGroup },
  { file: 'chat-dark.png', options: { viewport: DESKTOP, colorScheme: 'dark' }, go: openGroup },
  { file: 'chat-phone.png', options: PHONE, go: openGroup },
  { file: 'chat-phone-dark.png', options: { ...PHONE, colorScheme: 'dark' }, go: openGroup },
  { file: 'messages-phone.png', options: PHONE, go: openMessages },
];

// A server that already runs with `--demo` may be named instead.
const server = process.env.VILLAGE_URL
  ? { url: process.env.VILLAGE_URL, lines: ['Log in as ana@village.example with the password well-lit-kitchen'], stop: async () => undefined }
  : await startServer({ args: ['serve', '--demo'], isReady: (lines) => lines.some((line) => LOGIN.test(line)) });
const [, email, password] = server.lines.map((line) => LOGIN.exec(line)).find(Boolean);
const browser = await launch();
await mkdir(FOLDER, { recursive: true });
let group;
try {
  ({ group } = await playChat(server.url, password, [await drawPhoto(browser, 'An evening sun over a field')]));
  for (const { file, options, go } of pictures) {
    const { page, context } = await openPage(browser, server.url, { reducedMotion: 'reduce', ...options });
    await logIn(page, { email, password });
    await expect.visible(page.getByRole('article'));
    await go?.(page);
    await everythingIsThere(page);
    await page.screenshot({ path: FOLDER + file });
    const { size } = await stat(FOLDER + file);
    if (size > MAX_BYTES) throw new Error(`${file} has ${size} bytes, more than ${MAX_BYTES}`);
    console.log(`${file} (${Math.round(size / 1000)} kB)`);
    await context.close();
  }
} finally {
  await browser.close();
  await server.stop();
}

async function openGroup(page) {
  await page.goto(`/chat/${group}`);
  await expect.visible(page.getByRole('log').locator('[data-message]'));
  // What is new has been seen; the picture shows a conversation as it is most of the time.
  await page.getByRole('button', { name: /New messages|To the newest/ }).click({ timeout: 1_000 }).catch(() => undefined);
  await page.mouse.move(0, 0);
}

async function openMessages(page) {
  await page.goto('/chat');
  await expect.visible(page.getByRole('region', { name: 'Conversations' }).getByRole('link', { name: /^Night shift/ }));
}

/** Fonts, and every picture one can see: no blurred stand-ins in the README. */
async function everythingIsThere(page) {
  await page.evaluate(() => document.fonts.ready);
  await expect.eventually('all visible pictures have loaded', () =>
    page.evaluate(() =>
      [...document.images]
        .filter((img) => img.getBoundingClientRect().top < innerHeight && img.getBoundingClientRect().width > 0)
        .every((img) => img.complete && img.naturalWidth > 0 && Number(getComputedStyle(img).opacity) === 1),
    ),
  );
}
