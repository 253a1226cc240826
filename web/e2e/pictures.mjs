// Pictures before they are uploaded: what leaves the browser, what is said of what cannot, and what people do with
// photos they are about to send. `npm run e2e`.
import assert from 'node:assert/strict';
import { launch, openPage } from './browser.mjs';
import { ask } from './api.mjs';
import { expect } from './expect.mjs';
import { logIn } from './people.mjs';
import { cameraPhoto, cornerNames, look, metadataIn, picture, watchUploads } from './pictureFiles.mjs';
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
  ],
  { pages: { ana: page }, log: server.log },
);

await browser.close();
await server.stop();
process.exitCode = failed === 0 ? 0 : 1;
