// Pictures before they are uploaded: what leaves the browser, what is said of what cannot, and what people do with
// photos they are about to send. `npm run e2e`.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessibilityProblems, launch, openPage } from './browser.mjs';
import { ask, join as invite, person } from './api.mjs';
import { openChat } from './chatting.mjs';
import { expect } from './expect.mjs';
import { logIn } from './people.mjs';
import { cameraPhoto, cornerNames, look, metadataIn, picture, picturePath, watchUploads } from './pictureFiles.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/(\S+)/;
const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
const UPRIGHT = 'red green blue white';

const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
const browser = await launch();
const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
const { page } = phone;
const uploads = await watchUploads(page);
const fetched = [];
page.context().on('request', (request) => fetched.push(new URL(request.url()).pathname));
const table = await browser.newPage();
const dialog = page.getByRole('dialog', { name: 'New post' });

async function openComposer() {
  await page.getByRole('button', { name: 'New post' }).click();
  await expect.visible(dialog);
}

/** Chooses files, waits until the server has all of them, and says what left the page for each. */
async function uploaded(...files) {
  uploads.length = 0;
  await dialog.getByTestId('photo-input').setInputFiles(files);
  await expect.eventually('all photos are ready', async () => (await dialog.getByText('Ready', { exact: true }).count()) === files.length);
  await expect.eventually('all uploads were seen', () => uploads.length === files.length);
  return Promise.all(uploads.map(async (upload) => ({ ...upload, ...(await look(table, upload)) })));
}

async function removeAll() {
  const buttons = dialog.getByRole('button', { name: /^Remove photo/ });
  while ((await buttons.count()) > 0) await buttons.first().click();
}

const failed = await runSteps(
  [
    [
      'Ana logs in; nothing for pictures is fetched, not even with the composer open',
      async () => {
        const code = server.lines.map((line) => INVITATION.exec(line)?.[1]).find(Boolean);
        await ask(server.url, null, 'POST', '/auth/signup', { email: ana.email, password: ana.password, handle: ana.handle, display_name: ana.name, invitation: code, refresh: 'body' });
        await logIn(page, ana);
        await expect.visible(page.getByRole('heading', { name: 'Home', exact: true }));
        await openComposer();
        expect.none(fetched.filter((path) => /pictureWorker|libheif|avif_dec|\.wasm/.test(path)), 'fetched too early');
      },
    ],
    [
      'a large photo leaves small, upright, and without a word about where it was taken',
      async () => {
        const photo = await cameraPhoto(browser);
        assert.deepEqual(metadataIn(photo.buffer).slice(0, 2), ['Exif', 'Village Camera']);
        const [sent] = await uploaded(photo);
        assert.equal(sent.type, 'image/jpeg');
        assert.deepEqual([sent.width, sent.height], [1920, 2560]);
        assert.equal(cornerNames(sent), UPRIGHT);
        assert.ok(sent.bytes.length < photo.buffer.length / 2, `${sent.bytes.length} of ${photo.buffer.length} bytes`);
        assert.deepEqual(metadataIn(sent.bytes), []);
        assert.equal(sent.bytes.indexOf(Buffer.from([0xff, 0xe1])), -1);
        await removeAll();
      },
    ],
    [
      'all eight ways in which a camera may be held come out upright',
      async () => {
        const sent = await uploaded(...(await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((way) => picture(`orientation${way}.jpg`)))));
        for (const each of sent) {
          assert.deepEqual([each.width, each.height, cornerNames(each)], [96, 64, UPRIGHT]);
          assert.deepEqual(metadataIn(each.bytes), []);
          assert.ok(each.bytes.length < 1220);
        }
        await removeAll();
      },
    ],
    [
      'other formats lose their words and keep their pixels; what is called .jpg is what its bytes say',
      async () => {
        const sent = await uploaded(await picture('words.png'), await picture('really-png.jpg'), await picture('still.webp'), await picture('moves.gif'), await picture('moves.webp'), await picture('moves.png'));
        for (const each of sent) assert.deepEqual(metadataIn(each.bytes), [], each.type);
        const types = sent.map(({ type }) => type).toSorted();
        assert.deepEqual(types, ['image/gif', 'image/jpeg', 'image/png', 'image/png', 'image/png', 'image/webp']);
        // An animation is not flattened here, but said to become a still.
        for (const [type, mark] of [['image/gif', 'NETSCAPE2.0'], ['image/webp', 'ANMF'], ['image/png', 'acTL']]) {
          assert.ok(sent.some((each) => each.type === type && each.bytes.includes(mark)), type);
        }
        assert.equal(await dialog.getByText('This picture moves. Only its first moment will be shown, as a still.').count(), 3);
        await removeAll();
        expect.none(fetched.filter((path) => path.endsWith('.wasm')), 'a converter was fetched for what needs none');
      },
    ],
    [
      'HEIC is converted, turned once, in true colours, and shown; AVIF needs no converter here',
      async () => {
        const sent = await uploaded(await picture('turned.heic'), await picture('plain.avif'), await picture('turned.avif'));
        for (const each of sent) {
          assert.deepEqual([each.type, each.width, each.height, cornerNames(each)], ['image/jpeg', 96, 64, UPRIGHT]);
          assert.deepEqual(metadataIn(each.bytes), []);
        }
        for (const preview of await dialog.getByRole('img', { name: /^Photo \d$/ }).all()) {
          await expect.eventually('the preview has loaded', () => preview.evaluate((img) => img.naturalWidth === 96));
        }
        assert.deepEqual(fetched.filter((path) => path.endsWith('.wasm')).map((path) => path.replace(/-.*/, '')), ['/assets/libheif']);
        await removeAll();
        const [wide] = await uploaded(await picture('wide.heic'));
        const [red, green, blue] = wide.corners[0];
        assert.ok(Math.abs(red - 215) < 4 && Math.abs(green - 93) < 4 && Math.abs(blue - 97) < 4, `${red} ${green} ${blue}`);
        await removeAll();
      },
    ],
    [
      'AVIF is converted too where a browser cannot open it',
      async () => {
        const cannotOpenAvif = `{ const open = createImageBitmap; self.createImageBitmap = (source, ...rest) => (source.type === 'image/avif' ? Promise.reject(new Error('no')) : open(source, ...rest)); }`;
        await page.route('**/assets/pictureWorker-*.js', async (route) => {
          const response = await route.fetch();
          await route.fulfill({ response, body: `${cannotOpenAvif}\n${await response.text()}` });
        });
        // In the composer nothing of it is remembered: each picture has a worker of its own.
        const [plain, turned] = (await uploaded(await picture('plain.avif'), await picture('turned.avif'))).toSorted((a, b) => a.bytes.length - b.bytes.length);
        for (const each of [plain, turned]) assert.deepEqual([each.type, each.width, each.height, cornerNames(each)], ['image/jpeg', 96, 64, UPRIGHT]);
        assert.ok(fetched.some((path) => /avif_dec.*\.wasm$/.test(path)));
        await page.unroute('**/assets/pictureWorker-*.js');
        await removeAll();
      },
    ],
    [
      'what is no picture, and what cannot be one, is told apart in words',
      async () => {
        const folder = await mkdtemp(join(tmpdir(), 'village-pictures-'));
        const write = async (name, bytes) => {
          await writeFile(join(folder, name), bytes);
          return join(folder, name);
        };
        const huge = Buffer.from((await picture('words.png')).buffer);
        huge.writeUInt32BE(30_000, 16);
        huge.writeUInt32BE(30_000, 20);
        await dialog.getByTestId('photo-input').setInputFiles([
          picturePath('really-pdf.jpg'),
          await write('film.jpg', Buffer.from('\0\0\0\x18ftypqt  \0\0\0\0qt  ', 'latin1')),
          await write('heavy.jpg', Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(21 * 2 ** 20)])),
          await write('empty.jpg', Buffer.alloc(0)),
          await write('huge.png', huge),
          picturePath('truncated.jpg'),
          picturePath('truncated.heic'),
        ]);
        for (const words of ['really-pdf.jpg', 'This is a PDF', 'This is a video', 'This picture has 21.1 MB, and a picture can have up to 20 MB', 'This file is empty']) {
          await expect.visible(dialog.getByRole('alert').filter({ hasText: words }));
        }
        await expect.visible(dialog.getByText('This picture has more than 64 megapixels'));
        await expect.eventually('both damaged pictures are said to be damaged', async () => (await dialog.getByText('This picture is damaged').count()) === 2);
        await rm(folder, { recursive: true });
        // None of these gets better by another try.
        assert.equal(await dialog.getByRole('button', { name: /again$/ }).count(), 0);
        await removeAll();
      },
    ],
    [
      'when the store is away it is said to be the store, and the photo goes at the second try',
      async () => {
        await page.route('**/blobs/**', (route) => (route.request().method() === 'PUT' ? route.fulfill({ status: 507 }) : route.continue()));
        await dialog.getByTestId('photo-input').setInputFiles(await picture('orientation1.jpg'));
        await expect.visible(dialog.getByText('The place where pictures are kept cannot take this one'));
        await page.unroute('**/blobs/**');
        await dialog.getByRole('button', { name: 'Try photo 1 again' }).click();
        await expect.visible(dialog.getByText('Ready', { exact: true }));
        await removeAll();
      },
    ],
    [
      'a photo is turned in its pixels, and what was uploaded before is not what is posted',
      async () => {
        await uploaded(await picture('orientation1.jpg'));
        uploads.length = 0;
        await dialog.getByRole('button', { name: 'Turn photo 1 to the right' }).click();
        await expect.eventually('the turned photo was uploaded', () => uploads.length === 1);
        await expect.visible(dialog.getByText('Ready', { exact: true }));
        const sent = await look(table, uploads[0]);
        assert.deepEqual([sent.width, sent.height, cornerNames(sent)], [64, 96, 'blue red white green']);
        await removeAll();
      },
    ],
    [
      'photos are put in order by buttons, by a finger that holds, and not by a finger that swipes',
      async () => {
        await uploaded(await picture('orientation1.jpg'), await picture('words.png'), await picture('still.webp'));
        const alts = () => dialog.getByLabel(/^Description of photo \d$/).evaluateAll((fields) => fields.map((field) => field.value).join(' '));
        for (const [index, word] of ['one', 'two', 'three'].entries()) await dialog.getByLabel(`Description of photo ${index + 1}`).fill(word);
        await dialog.getByRole('button', { name: 'Move photo 1 later' }).focus();
        await page.keyboard.press('Enter');
        assert.equal(await alts(), 'two one three');
        await expect.visible(dialog.getByText('Moved to 2 of 3.'));
        assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Move photo 2 later');
        const rows = dialog.getByRole('list', { name: 'Photos' }).getByRole('listitem');
        await rows.first().scrollIntoViewIfNeeded();
        const touch = await page.context().newCDPSession(page);
        const at = async (row) => {
          const box = await rows.nth(row).getByRole('img').boundingBox();
          return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
        };
        const finger = (type, point) => touch.send('Input.dispatchTouchEvent', { type, touchPoints: point ? [point] : [] });
        const [first, second] = [await at(0), await at(1)];
        await finger('touchStart', first);
        for (let step = 1; step <= 4; step += 1) await finger('touchMove', { x: first.x, y: first.y + 12 * step });
        await finger('touchEnd');
        assert.equal(await alts(), 'two one three');
        await rows.first().scrollIntoViewIfNeeded();
        const from = await at(0);
        await finger('touchStart', from);
        await expect.visible(page.locator('[data-lifted]'));
        const way = second.y - first.y + 20;
        for (let step = 1; step <= 4; step += 1) await finger('touchMove', { x: from.x, y: from.y + (way * step) / 4 });
        await finger('touchEnd');
        await expect.eventually('the first photo is the second', async () => (await alts()) === 'one two three');
        assert.equal(await page.locator('[data-lifted]').count(), 0);
        expect.none(await accessibilityProblems(page), 'axe found');
      },
    ],
    [
      'ten photos are one progress, and the post shows them in their order',
      async () => {
        let open = () => undefined;
        const held = new Promise((resolve) => {
          open = resolve;
        });
        await page.route('**/blobs/**', async (route) => {
          if (route.request().method() === 'PUT') await held;
          await route.continue();
        });
        await dialog.getByTestId('photo-input').setInputFiles(await Promise.all([2, 3, 4, 5, 6, 7, 8].map((way) => picture(`orientation${way}.jpg`))));
        const progress = dialog.getByRole('progressbar', { name: 'Uploading photos' });
        await expect.visible(progress);
        assert.equal(await progress.count(), 1);
        await expect.visible(dialog.getByText('Uploading 4 of 10'));
        await expect.eventually('two are on their way at a time', async () => (await dialog.getByText('Uploading', { exact: true }).count()) === 2);
        open();
        await expect.visible(dialog.getByText('All 10 photos are ready.'));
        await page.unroute('**/blobs/**');
        await dialog.getByRole('button', { name: 'Post', exact: true }).click();
        await expect.hidden(dialog);
        await expect.visible(page.getByRole('button', { name: /^Open photo 1 of 10: one/ }));
      },
    ],
    [
      'a profile says that a moving picture becomes a still, and why a file is none',
      async () => {
        await page.getByRole('link', { name: ana.name }).first().click();
        await page.getByRole('button', { name: 'Edit profile' }).click();
        const profile = page.getByRole('dialog', { name: 'Edit profile' });
        await profile.getByTestId('avatar-input').setInputFiles(await picture('really-pdf.jpg'));
        await expect.visible(profile.getByText('This is a PDF'));
        await profile.getByTestId('avatar-input').setInputFiles(await picture('moves.gif'));
        await expect.visible(profile.getByText('This picture moves. Only its first moment will be shown, as a still.'));
        await profile.getByRole('button', { name: 'Save' }).click();
        await expect.hidden(profile);
      },
    ],
    [
      'a message is written the same way, and what the outbox keeps is prepared',
      async () => {
        const anaAlone = await person(server.url, ana.handle, ana.password);
        const mara = await invite(server.url, anaAlone, { handle: 'mara', name: 'Mara Lindqvist', password: 'tea-at-three-again' });
        const group = await anaAlone.call('POST', '/conversations/groups', { name: 'Night shift', member_ids: [mara.id] });
        await openChat(page, group.id, 'Night shift');
        await page.getByTestId('message-photo-input').setInputFiles([await picture('really-pdf.jpg'), await picture('orientation6.jpg'), await picture('turned.heic')]);
        await expect.visible(page.getByText('This is a PDF'));
        const tray = page.getByRole('list', { name: 'Photos' });
        await expect.eventually('both are ready', async () => (await tray.getByText('Ready', { exact: true }).count()) === 2);
        await tray.getByRole('button', { name: 'Describe photo 2' }).click();
        const sheet = page.getByRole('dialog', { name: 'Describe the photo' });
        await sheet.getByRole('button', { name: 'Move photo 2 earlier' }).click();
        uploads.length = 0;
        await sheet.getByRole('button', { name: 'Turn photo 1 to the right' }).click();
        await expect.eventually('the turned photo was uploaded', () => uploads.length === 1);
        const sent = await look(table, uploads[0]);
        assert.deepEqual([sent.width, sent.height, metadataIn(uploads[0].bytes)], [64, 96, []]);
        await sheet.getByRole('button', { name: 'Done' }).click();
        await expect.hidden(sheet);
        expect.none(await accessibilityProblems(page), 'axe found');
        await page.getByRole('button', { name: 'Send' }).click();
        await expect.visible(page.getByRole('log').getByText('Sent', { exact: true }));
      },
    ],
    [
      'nothing went wrong behind the page, but for what this test broke',
      async () => {
        const own = /507|Failed to load resource/;
        expect.none(phone.problems.filter((problem) => !own.test(problem)), 'the page reported');
      },
    ],
  ],
  { pages: { ana: page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
