// The village of several stories: Ana at her desk, who runs it, and Mara with her phone.
import { join, person } from './api.mjs';
import { launch, openPage } from './browser.mjs';
import { expect } from './expect.mjs';
import { logIn, signUp } from './people.mjs';
import { startServer } from './server.mjs';
import { runSteps } from './steps.mjs';

const INVITATION = /https?:\/\/\S+\/join\/\S+/;

export const ana = { name: 'Ana Ribeiro', handle: 'ana', email: 'ana@village.example', password: 'well-lit-kitchen' };
export const mara = { name: 'Mara Lindqvist', handle: 'mara', email: 'mara@village.example', password: 'tea-at-three-again' };

export async function openVillage() {
  const server = await startServer({ isReady: (lines) => lines.some((line) => INVITATION.test(line)) });
  const browser = await launch();
  const desk = await openPage(browser, server.url, { viewport: { width: 1280, height: 860 } });
  const phone = await openPage(browser, server.url, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });

  /** Both have an account, and Ana's desk is logged in. What they do without a screen is done by what this returns. */
  async function settle() {
    await signUp(desk.page, { ...ana, link: server.lines.map((line) => INVITATION.exec(line)?.[0]).find(Boolean) });
    const anaAlone = await person(server.url, ana.handle, ana.password);
    const maraAlone = await join(server.url, anaAlone, mara);
    return { anaAlone, maraAlone };
  }

  async function logInOnPhone() {
    await logIn(phone.page, mara);
    await expect.path(phone.page, /^\/home$/);
  }

  /** The whole story, and at its end the question whether anything went wrong behind the pages. */
  async function play(steps) {
    const last = ['nothing went wrong behind the pages', async () => expect.none([...desk.problems, ...phone.problems], 'the pages reported')];
    const failed = await runSteps([...steps, last], { pages: { ana: desk.page, mara: phone.page }, log: server.log });
    await browser.close();
    await server.stop();
    process.exitCode = failed === 0 ? 0 : 1;
  }

  return { server, browser, desk, phone, atDesk: desk.page, onPhone: phone.page, settle, logInOnPhone, play };
}
