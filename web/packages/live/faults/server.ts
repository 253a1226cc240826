// The real server: the binary named by VILLAGE_BINARY, an empty folder, SQLite. It can be killed and started again.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const STARTS_WITHIN_MS = 120_000;
const STOPS_WITHIN_MS = 30_000;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export class Server {
  readonly #environment: NodeJS.ProcessEnv;
  readonly #folder: string;
  readonly #binary: string;
  #child: ChildProcess | null = null;
  #log: string[] = [];

  private constructor(
    binary: string,
    folder: string,
    readonly port: number,
    adminPort: number,
  ) {
    this.#binary = binary;
    this.#folder = folder;
    // The settings of whoever runs the test are not those of the server under test.
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('VILLAGE_'));
    this.#environment = {
      ...Object.fromEntries(inherited),
      VILLAGE_DATA_DIR: folder,
      VILLAGE_LISTEN: `127.0.0.1:${port}`,
      VILLAGE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
      VILLAGE_REGISTRATION: 'open',
      VILLAGE_PASSWORD_HASH_MEMORY_KIB: '64',
      VILLAGE_MESSAGING_HEARTBEAT_SECONDS: '1',
      VILLAGE_DRAIN_SECONDS: '3',
      // Tests are faster than people are, and all come from one address.
      VILLAGE_LIMITS_LOGINS_PER_MINUTE: '6000',
      VILLAGE_LIMITS_ANONYMOUS_PER_MINUTE: '60000',
      VILLAGE_LIMITS_READS_PER_MINUTE: '60000',
      VILLAGE_LIMITS_WRITES_PER_MINUTE: '60000',
      VILLAGE_MAX_CONNECTIONS_PER_ADDRESS: '10000',
    };
  }

  static async create(): Promise<Server> {
    const binary = process.env.VILLAGE_BINARY;
    if (!binary) throw new Error('Set VILLAGE_BINARY to a village binary: `cargo build -p village`, then VILLAGE_BINARY=../target/debug/village.');
    const server = new Server(binary, await mkdtemp(join(tmpdir(), 'village-faults-')), await freePort(), await freePort());
    await server.start();
    return server;
  }

  /** Does nothing when it runs. */
  async start(): Promise<void> {
    if (this.#child?.exitCode === null && this.#child.signalCode === null) return;
    const child = spawn(this.#binary, ['serve'], { stdio: ['ignore', 'pipe', 'pipe'], env: this.#environment });
    this.#child = child;
    createInterface({ input: child.stderr }).on('line', (line) => this.#log.push(line));
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the server did not start in time\n${this.log()}`)), STARTS_WITHIN_MS);
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}\n${this.log()}`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        this.#log.push(line);
        if (!line.includes(' is running at ')) return;
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** As when the machine loses power. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** As when an operator restarts it. */
  async terminate(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async destroy(): Promise<void> {
    await this.#end('SIGTERM');
    await rm(this.#folder, { recursive: true, force: true });
  }

  log(): string {
    return this.#log.slice(-40).join('\n');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    const hardStop = setTimeout(() => child.kill('SIGKILL'), STOPS_WITHIN_MS);
    await exit;
    clearTimeout(hardStop);
  }
}
