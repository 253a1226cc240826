// Waiting for what must become true, with a sentence when it does not.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

const WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 50;

async function eventually(what, isTrue) {
  const end = Date.now() + WITHIN_MS;
  while (!(await isTrue())) {
    if (Date.now() > end) throw new Error(`not true within ${WITHIN_MS / 1000} s: ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}

export const expect = {
  eventually,
  visible: (locator) => locator.first().waitFor({ state: 'visible' }),
  hidden: (locator) => locator.waitFor({ state: 'hidden' }),
  async value(locator, value) {
    let found;
    const isIt = async () => (found = await locator.inputValue()) === value;
    await eventually(`the field has the value "${value}"`, isIt).catch((error) => {
      throw new Error(`${error.message}; it has "${found}"`, { cause: error });
    });
  },
  path: (page, pattern) => page.waitForURL((url) => pattern.test(url.pathname)),
  none: (list, what) => assert.equal(list.length, 0, `${what}:\n  ${list.join('\n  ')}`),
};
