// A network that fails when a test says so: a TCP proxy in front of the server, one for each person.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

interface Wire {
  client: Socket;
  server: Socket;
}

export class Network {
  readonly #wires = new Set<Wire>();
  readonly #server: Server;
  readonly #target: number;
  #isDown = false;
  #isStalled = false;
  #blocksSockets = false;
  #delayMs = 0;
  /** Connections that asked for a WebSocket, whether or not they got one. */
  upgrades = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#accept(client));
  }

  static async before(port: number): Promise<Network> {
    const network = new Network(port);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Every connection breaks, with what was on its way. */
  cut(): void {
    for (const { client, server } of this.#wires) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  /** Cut, and new ones are refused until `up`. */
  down(): void {
    this.#isDown = true;
    this.cut();
  }

  up(): void {
    this.#isDown = false;
  }

  /** Nothing moves any more, and nobody is told: a train in a tunnel. New connections are taken and get no answer. */
  stall(): void {
    this.#isStalled = true;
    for (const { client, server } of this.#wires) {
      client.pause();
      server.pause();
    }
  }

  /** What was on its way arrives. */
  flow(): void {
    this.#isStalled = false;
    for (const { client, server } of this.#wires) {
      client.resume();
      server.resume();
    }
  }

  /** Everything takes this much longer, in each direction. */
  delay(milliseconds: number): void {
    this.#delayMs = milliseconds;
  }

  /** As some proxies of companies do: HTTP passes, a WebSocket does not. */
  blockSockets(blocks: boolean): void {
    this.#blocksSockets = blocks;
    if (blocks) this.cut();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#isDown) {
      client.resetAndDestroy();
      return;
    }
    const wire = { client, server: connect(this.#target, '127.0.0.1') };
    this.#wires.add(wire);
    client.on('data', (data: Buffer) => {
      // Not only the first request of a connection: one that was kept open may be used to ask for a WebSocket.
      if (/^upgrade: *websocket/im.test(data.toString('latin1'))) {
        this.upgrades += 1;
        if (this.#blocksSockets) {
          client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
          wire.server.destroy();
          return;
        }
      }
      this.#pass(data, wire.server);
    });
    wire.server.on('data', (data: Buffer) => this.#pass(data, client));
    for (const [end, other] of [
      [client, wire.server],
      [wire.server, client],
    ] as const) {
      end.on('error', () => end.destroy());
      end.on('close', () => {
        this.#wires.delete(wire);
        setTimeout(() => other.destroy(), this.#delayMs);
      });
    }
    if (this.#isStalled) wire.server.pause();
    else client.resume();
  }

  #pass(data: Buffer, to: Socket): void {
    const write = () => !to.destroyed && to.write(data);
    if (this.#delayMs > 0) setTimeout(write, this.#delayMs);
    else write();
  }
}
