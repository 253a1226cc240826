// How long people with a slow phone on a slow line wait for what they came for: `npm run bench:client`. Times are worth what is
// said of the machine, so nothing here fails, and the test run asserts none of it.
//
// The line is Lighthouse's `mobileSlow4G`, which it used to call "Fast 3G" (GoogleChrome/lighthouse, docs/throttling.md and
// core/config/constants.js): 150 ms to the server and back, 1.6 Mbit/s down, 750 kbit/s up, for each request. `--line devtools`
// takes the figures with which Lighthouse makes up for what throttling of requests leaves out: 562.5 ms and 9/10 of the
// throughput. The processor is slowed down four times (`--slower 1`: not at all). `--requests` prints what was waited for.
import { cpus, loadavg } from 'node:os';
import { launch, openPage } from '../e2e/browser.mjs';
import { startServer } from '../e2e/server.mjs';

const LOGIN = /Log in as (\S+) with the password (\S+)/;
const kilobits = (count) => (count * 1_000) / 8;
const LINES = {
  devtools: { latency: 150 * 3.75, downloadThroughput: kilobits(1_638.4 * 0.9), uploadThroughput: kilobits(750 * 0.9) },
  plain: { latency: 150, downloadThroughput: kilobits(1_638.4), uploadThroughput: kilobits(750) },
};
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const rounds = Number(option('rounds', '7'));
const line = option('line', 'plain');
if (!LINES[line]) throw new Error(`There is no line ${line}: choose among ${Object.keys(LINES).join(', ')}.`);
const slower = Number(option('slower', '4'));
const tells = process.argv.includes('--requests');

const server = await startServer({ args: ['serve', '--demo'], isReady: (lines) => lines.some((text) => LOGIN.test(text)) });
const [, email, password] = server.lines.map((text) => LOGIN.exec(text)).find(Boolean);
const browser = await launch();

const PAGES = {
  'log-in': { path: '/login', isIn: false, ready: (page) => page.getByRole('heading', { name: 'Welcome back' }) },
  home: { path: '/home', isIn: true, ready: (page) => page.getByRole('article') },
};

/** Nothing is in the cache. */
async function visit({ path, isIn, ready }) {
  const { page, context } = await openPage(browser, server.url, PHONE);
  if (isIn) {
    await context.request.post('/auth/login', { data: { email, password, refresh: 'cookie' } });
    await context.addInitScript(() => localStorage.setItem('village.session', 'yes'));
  }
  await context.addInitScript(() => {
    window.largest = [];
    new PerformanceObserver((list) => window.largest.push(...list.getEntries().map(({ startTime, element, size }) => ({ at: startTime, size, what: `${element?.localName}.${element?.className} ${(element?.textContent ?? '').trim().slice(0, 40)}` })))).observe({ type: 'largest-contentful-paint', buffered: true });
  });
  const browserSide = await context.newCDPSession(page);
  await browserSide.send('Network.enable');
  await browserSide.send('Network.emulateNetworkConditions', { offline: false, ...LINES[line] });
  await browserSide.send('Emulation.setCPUThrottlingRate', { rate: slower });
  let bytes = 0;
  const asked = new Map();
  browserSide.on('Network.requestWillBeSent', ({ requestId, request, timestamp }) => asked.set(requestId, { url: new URL(request.url).pathname, from: timestamp }));
  browserSide.on('Network.loadingFinished', ({ requestId, encodedDataLength, timestamp }) => {
    bytes += encodedDataLength;
    Object.assign(asked.get(requestId) ?? {}, { to: timestamp, bytes: encodedDataLength });
  });
  await page.goto(path, { waitUntil: 'commit' });
  await ready(page).first().waitFor({ state: 'visible', timeout: 60_000 });
  await page.waitForLoadState('networkidle', { timeout: 60_000 });
  const found = await page.evaluate(() => ({
    fcp: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
    lcp: window.largest.at(-1)?.at,
    largest: window.largest,
  }));
  await context.close();
  if (tells) tellRequests([...asked.values()], found.largest);
  return { ...found, bytes };
}

function tellRequests(requests, largest) {
  const start = Math.min(...requests.map(({ from }) => from));
  const ms = (at) => String(Math.round((at - start) * 1_000)).padStart(6);
  for (const { url, from, to, bytes } of requests.toSorted((a, b) => a.from - b.from)) console.log(`${ms(from)} ${to ? ms(to) : '     -'} ${String(bytes ?? 0).padStart(7)} ${url}`);
  for (const { at, size, what } of largest) console.log(`largest: ${Math.round(at)} ms, ${size} px, ${what}`);
}

const middle = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];
const told = (list, unit) => `${unit(middle(list))} (${unit(Math.min(...list))} to ${unit(Math.max(...list))})`;
const seconds = (ms) => `${(ms / 1_000).toFixed(2)} s`;
const kilobytes = (count) => `${Math.round(count / 1_000)} kB`;

try {
  console.log(`${cpus()[0].model}, ${cpus().length} cores, load ${loadavg().map((load) => load.toFixed(1)).join(' ')}; ${await browser.version()}; line ${line}, processor ${slower} times slower; ${rounds} rounds, cold cache; median (range)`);
  for (const [name, place] of Object.entries(PAGES)) {
    if (!option('page', name).split(',').includes(name)) continue;
    const found = [];
    for (let round = 0; round < rounds; round += 1) found.push(await visit(place));
    console.log(`${name}: LCP ${told(found.map(({ lcp }) => lcp), seconds)}, FCP ${told(found.map(({ fcp }) => fcp), seconds)}, ${told(found.map(({ bytes }) => bytes), kilobytes)}; largest: ${found.at(-1).largest.at(-1)?.what}`);
  }
  console.log(`load afterwards ${loadavg().map((load) => load.toFixed(1)).join(' ')}`);
} finally {
  await browser.close();
  await server.stop();
}
