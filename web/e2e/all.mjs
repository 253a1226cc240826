// Every story, two at a time; each has a server, a folder and a browser of its own. `npm run e2e`; with names of files
// (`npm run e2e -- chat drafts`) those alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

/** The longest first, so that the last ones to end are short. */
const STORIES = ['journeys', 'words', 'pwa', 'pictures', 'viewer', 'layers', 'groups', 'drafts', 'chat', 'compose', 'privacy', 'story', 'invited', 'offline', 'shifts', 'speed'];
const AT_ONCE = Math.min(2, availableParallelism());

const named = process.argv.slice(2);
const unknown = named.filter((name) => !STORIES.includes(name));
if (unknown.length > 0) throw new Error(`There is no story ${unknown.join(', ')}: choose among ${STORIES.join(', ')}.`);

const waiting = named.length > 0 ? named : [...STORIES];
const failed = [];

async function play(name) {
  const started = Date.now();
  const child = spawn(process.execPath, [fileURLToPath(new URL(`./${name}.mjs`, import.meta.url))], { stdio: ['ignore', 'pipe', 'pipe'] });
  // Said at once when it is over: the words of two stories must not mix.
  const words = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => words.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) failed.push(name);
  console.log(`\n${name} (${Math.round((Date.now() - started) / 1000)} s)\n${Buffer.concat(words)}`);
}

async function playOn() {
  for (let name = waiting.shift(); name; name = waiting.shift()) await play(name);
}

await Promise.all(Array.from({ length: AT_ONCE }, playOn));
if (failed.length > 0) console.log(`failed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
