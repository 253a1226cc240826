// Makes dist/sw.js: the worker's code as a chunk of the build, and in it the list of all files with a hash of their content.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';
import type { Release } from '../src/worker/rules';
import { filesIn, folderOf } from './built.ts';

const RELEASE = '__RELEASE__';
/** Decoders for pictures that most browsers read by themselves. */
const ON_DEMAND = /\.wasm$|heic|avif|libheif|decoder/i;
/** The worker itself, source maps, packed copies, and what only an installation or a reader of the log-in page asks for. */
const NEITHER = /^sw\.js$|\.map$|\.br$|\.gz$|^screenshots?\/|^robots\.txt$|^apple-touch-icon/;

export function serviceWorker(): Plugin {
  let out = '';
  return {
    name: 'village-service-worker',
    apply: 'build',
    configResolved(config) {
      out = folderOf(config);
    },
    buildStart() {
      this.emitFile({ type: 'chunk', id: 'src/worker/sw.ts', fileName: 'sw.js' });
    },
    // After everything is written, so that what is listed is what is served.
    closeBundle() {
      const path = join(out, 'sw.js');
      const code = readFileSync(path, 'utf8');
      if (/^\s*(?:import|export)\b/m.test(code)) this.error('sw.js must stand alone: the worker may not share a chunk with the client.');
      if (!code.includes(RELEASE)) this.error(`sw.js has no ${RELEASE}.`);
      writeFileSync(path, code.replace(RELEASE, JSON.stringify(releaseOf(out, code))));
    },
  };
}

function releaseOf(out: string, code: string): Release {
  const names = filesIn(out)
    .filter((name) => !NEITHER.test(name))
    .toSorted();
  const hash = createHash('sha256').update(code);
  for (const name of names) hash.update(`\n${name}\n`).update(readFileSync(join(out, name)));
  const urls = names.map((name) => (name === 'index.html' ? '/' : `/${name}`));
  return { version: hash.digest('hex').slice(0, 16), files: urls.filter((url) => !ON_DEMAND.test(url)), onDemand: urls.filter((url) => ON_DEMAND.test(url)) };
}
