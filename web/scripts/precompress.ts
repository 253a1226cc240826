import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';
import { filesIn, folderOf } from './built.ts';

const TEXT = /\.(html|js|css|svg|json|webmanifest)$/;
/** Below it a packed file saves no packet. */
const WORTH_BYTES = 800;

/**
 * Packs each file once, at build, as well as can be: the server sends `name.br` or `name.gz` to browsers that can unpack
 * it. `sw.js` is left out, since it may be written after this.
 */
export function precompress(): Plugin {
  let folder = '';
  return {
    name: 'village:precompress',
    apply: 'build',
    configResolved(config) {
      folder = folderOf(config);
    },
    closeBundle: {
      order: 'post',
      sequential: true,
      async handler() {
        await Promise.all(filesIn(folder).filter((file) => TEXT.test(file) && file !== 'sw.js').map((file) => pack(join(folder, file))));
      },
    },
  };
}

async function pack(path: string): Promise<void> {
  const plain = await readFile(path);
  if (plain.length < WORTH_BYTES) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  await Promise.all([
    promisify(brotliCompress)(plain, { params }).then((packed) => writeFile(`${path}.br`, packed)),
    promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }).then((packed) => writeFile(`${path}.gz`, packed)),
  ]);
}
