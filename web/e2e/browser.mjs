// A browser that notes everything a page must not do.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export function launch(options) {
  return chromium.launch({ executablePath: process.env.VILLAGE_TEST_CHROMIUM ?? '/usr/bin/chromium', headless: true, args: FLAGS, ...options });
}

/**
 * What one person sees, and a list of what went wrong behind it. Without a service worker, unless a test is about it: what it
 * answers is not seen by `context.route`.
 */
export async function openPage(browser, baseURL, options) {
  const context = await browser.newContext({ baseURL, locale: 'en-GB', reducedMotion: 'reduce', ...options });
  // As on plain http in a home network.
  if (options?.serviceWorkers !== 'allow') await context.addInitScript(() => delete Navigator.prototype.serviceWorker);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const problems = [];
  const host = new URL(baseURL).host;
  const inOrder = (url) => ['data:', 'blob:'].includes(url.protocol) || url.host === host;
  const note = (url) => inOrder(new URL(url)) || problems.push(`asked another host: ${url}`);
  page.on('request', (request) => note(request.url()));
  page.on('websocket', (socket) => note(socket.url()));
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.stack || error}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()} (${message.location().url})`);
  });
  await page.exposeBinding('reportViolation', (_, text) => problems.push(`content security policy: ${text}`));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => window.reportViolation(`${event.violatedDirective} refused ${event.blockedURI}`));
  });
  return { page, context, problems };
}

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The serious and critical findings of axe, one line each; of these rules only, when they are named. */
export async function accessibilityProblems(page, rules) {
  // Through the debugger and not as a script tag, which the content security policy would refuse, as it should.
  await page.evaluate(axe);
  const { violations } = await page.evaluate((only) => window.axe.run(document, { resultTypes: ['violations'], ...(only && { runOnly: only }) }), rules);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => `${node.html} (${node.any.map((check) => check.message).join(' ')})`).join(', ')}`);
}
