// docs/journeys.md and the browser tests name the same steps: what the document promises is played, and what the journeys
// play is written down.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const web = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(web, path), 'utf8');
const document = read('../docs/journeys.md');
const scripts = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** "`e2e/story.mjs`: *Mara joins the channel*": each file with the step that is named after it. */
const named = [...document.matchAll(/`e2e\/(\w+\.mjs)`: \*([^*]+)\*/g)].map(([, file = '', step = '']) => ({ file, step: step.replace(/\s+/g, ' ') }));

/** The names of the steps of a file, as `runSteps` prints them. */
function stepsOf(file: string): string[] {
  return [...read(`e2e/${file}`).matchAll(/^(?: {2}){1,2}\[\s*(['"`])((?:(?!\1).)+)\1,/gm)].map(([, , name = '']) => name);
}

/** What happens before a journey and between two, and what is asked of all of them. */
const BESIDES = ['somebody is here already', 'a community with everything in it', 'one of the phones is turned on its side', 'and upright again', /^nothing went wrong/];

describe('the journeys', () => {
  it('are written down with the steps that prove them', () => {
    expect(named.length).toBeGreaterThan(20);
    for (const { file, step } of named) expect(stepsOf(file), `docs/journeys.md names a step of e2e/${file}`).toContain(step);
  });

  it.each(['journeys.mjs', 'looks.mjs'])('%s plays nothing that is not written down', (file) => {
    const steps = stepsOf(file).filter((step) => !BESIDES.some((besides) => (typeof besides === 'string' ? besides === step : besides.test(step))));
    expect(steps.length).toBeGreaterThan(1);
    const written = named.filter((one) => one.file === file).map(({ step }) => step);
    for (const step of steps) expect(written).toContain(step);
  });

  it('are played by `npm run e2e`; what only looks is a command of its own', () => {
    expect(scripts.scripts.e2e).toBe('node e2e/all.mjs');
    const [, stories = ''] = /^const STORIES = \[(.*)\];$/m.exec(read('e2e/all.mjs')) ?? [];
    const played = [...stories.matchAll(/'(\w+)'/g)].map(([, story = '']) => `${story}.mjs`);
    expect(played).toContain('journeys.mjs');
    for (const { file } of named) expect([...played, 'looks.mjs']).toContain(file);
    expect(scripts.scripts.looks).toBe('node e2e/looks.mjs');
  });
});
