// Pictures for tests: those of testdata/pictures, one drawn on the spot, and what arrives when one is uploaded.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const TYPES = { jpg: 'image/jpeg', png: 'image/png', gif: 'image/gif', webp: 'image/webp', heic: 'image/heic', avif: 'image/avif' };

export function picturePath(name) {
  return fileURLToPath(new URL(`../../testdata/pictures/${name}`, import.meta.url));
}

export async function picture(name) {
  const buffer = await readFile(picturePath(name));
  return { name: basename(name), mimeType: TYPES[name.split('.').at(-1)] ?? '', buffer };
}

/** What a camera of 8 megapixels makes, lying on its side, with the place where it was taken. */
export async function cameraPhoto(browser) {
  const page = await browser.newPage();
  const base64 = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [3264, 2448];
    const context = canvas.getContext('2d');
    // As stored: turned a quarter anticlockwise. Upright, red is top left, green top right, blue bottom left.
    for (const [color, x, y] of [['#dc1e1e', 0, 1], ['#1eb428', 0, 0], ['#1e3cdc', 1, 1], ['#f0f0f0', 1, 0]]) {
      context.fillStyle = color;
      context.fillRect(x * 1632, y * 1224, 1632, 1224);
    }
    context.globalAlpha = 0.25;
    for (let line = 0; line < 4000; line += 1) {
      context.fillStyle = `hsl(${(line * 47) % 360} 60% 50%)`;
      context.fillRect((line * 7919) % 3264, (line * 104729) % 2448, 40, 24);
    }
    return canvas.toDataURL('image/jpeg', 0.95).split(',')[1];
  });
  await page.close();
  const jpeg = Buffer.from(base64, 'base64');
  const donor = (await picture('orientation6.jpg')).buffer;
  const start = donor.indexOf(Buffer.from([0xff, 0xe1]));
  const exif = donor.subarray(start, start + 2 + donor.readUInt16BE(start + 2));
  return { name: 'IMG_0041.JPG', mimeType: 'image/jpeg', buffer: Buffer.concat([jpeg.subarray(0, 2), exif, jpeg.subarray(2)]) };
}

/** Notes the bytes of every upload that leaves the page. Call it before the page is opened. */
export async function watchUploads(page) {
  const uploads = [];
  await page.exposeBinding('reportUpload', (_, type, base64) => uploads.push({ type, bytes: Buffer.from(base64, 'base64') }));
  await page.addInitScript(() => {
    const { send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.send = function (body) {
      if (body instanceof Blob) {
        const reader = new FileReader();
        reader.onload = () => window.reportUpload(body.type, reader.result.split(',')[1] ?? '');
        reader.readAsDataURL(body);
      }
      return send.call(this, body);
    };
  });
  return uploads;
}

const METADATA = ['Exif', 'Village Camera', 'http://ns.adobe.com/xap', 'xpacket', 'photoshop', 'taken at home', 'secret words', 'Ana Ribeiro', 'eXIf', 'EXIF', 'XMP '];

/** What of a file says more than the picture. */
export function metadataIn(bytes) {
  return METADATA.filter((word) => bytes.includes(word));
}

/** Size and the colours of the four corners, as a browser shows the file. */
export async function look(page, { type, bytes }) {
  return page.evaluate(
    async ([kind, base64]) => {
      const file = await fetch(`data:${kind};base64,${base64}`).then((response) => response.blob());
      const bitmap = await createImageBitmap(file);
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d');
      context.drawImage(bitmap, 0, 0);
      const at = (x, y) => [...context.getImageData(Math.floor(x * bitmap.width), Math.floor(y * bitmap.height), 1, 1).data.subarray(0, 3)];
      return { width: bitmap.width, height: bitmap.height, corners: [at(0.25, 0.25), at(0.75, 0.25), at(0.25, 0.75), at(0.75, 0.75)] };
    },
    [type, bytes.toString('base64')],
  );
}

const NAMES = { red: [220, 30, 30], green: [30, 180, 40], blue: [30, 60, 220], white: [240, 240, 240] };

/** The names of the corners' colours, in reading order. */
export function cornerNames({ corners }) {
  const distance = (a, b) => Math.hypot(...a.map((value, index) => value - b[index]));
  return corners.map((corner) => Object.entries(NAMES).toSorted(([, a], [, b]) => distance(corner, a) - distance(corner, b))[0][0]).join(' ');
}
