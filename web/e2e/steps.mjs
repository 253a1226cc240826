// Runs the steps of a story in order. A story cannot go on after a step that failed; what follows counts as skipped.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export async function runSteps(steps, { pages, log }) {
  let passed = 0;
  let failed = 0;
  for (const [name, play] of steps) {
    const started = Date.now();
    try {
      await play();
      passed += 1;
      console.log(`ok    ${name} (${Date.now() - started} ms)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${name}\n${error.stack}`);
      await keepPictures(pages);
      console.log(`the server said:\n${log().split('\n').slice(-30).join('\n')}`);
      break;
    }
  }
  const skipped = steps.length - passed - failed;
  if (skipped > 0) console.log(`${skipped} steps were not played`);
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

async function keepPictures(pages) {
  const folder = await mkdtemp(join(tmpdir(), 'village-e2e-failure-'));
  for (const [name, page] of Object.entries(pages)) {
    const path = join(folder, `${name}.png`);
    await page.screenshot({ path }).then(
      () => console.log(`${name} was looking at ${page.url()}: ${path}`),
      (error) => console.log(`no picture of ${name}'s page: ${error.message}`),
    );
  }
}
