// The real server, as someone would start it: the binary, an empty folder, a free port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STARTS_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 30_000;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** The settings of whoever runs the test are not the settings of the server under test. */
function environment(settings) {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VILLAGE_'));
  return { ...Object.fromEntries(inherited), ...settings };
}

/** Resolves once the server says that it runs and `isReady` has found in its words what it waits for. */
export async function startServer({ args = ['serve'], isReady, settings = {} }) {
  const binary = process.env.VILLAGE_BIN;
  if (!binary) throw new Error('Set VILLAGE_BIN to a village binary that carries the client: `cargo build -p village` after `npm run build`.');
  const folder = await mkdtemp(join(tmpdir(), 'village-e2e-'));
  const listen = `127.0.0.1:${await freePort()}`;
  const child = spawn(binary, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environment({
      VILLAGE_DATA_DIR: folder,
      VILLAGE_LISTEN: listen,
      VILLAGE_ADMIN_LISTEN: `127.0.0.1:${await freePort()}`,
      // The story is faster than people are.
      VILLAGE_LIMITS_LOGINS_PER_MINUTE: '600',
      VILLAGE_LIMITS_ANONYMOUS_PER_MINUTE: '6000',
      VILLAGE_PASSWORD_HASH_MEMORY_KIB: '64',
      ...settings,
    }),
  });
  const errors = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const lines = [];
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      const hardStop = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
      await once(child, 'exit');
      clearTimeout(hardStop);
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const url = await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('the server did not start in time')), STARTS_WITHIN_MS);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        lines.push(line);
        const running = lines.map((text) => / is running at (\S+)/.exec(text)?.[1]).find(Boolean);
        if (!running || !isReady(lines)) return;
        clearTimeout(late);
        resolve(running);
      });
    });
    return { url, listen, lines, log: () => [...lines, ...errors].join('\n'), stop };
  } catch (error) {
    await stop();
    throw new Error(`${error.message}\n${[...lines, ...errors].slice(-30).join('\n')}`, { cause: error });
  }
}
