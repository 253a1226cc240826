// Two people with this library, the real server, and everything that goes wrong between them. `npm run test:faults`.
// Whatever happens, every message is there once, in the order it was written, for both; and nobody is told of an error.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryStorage } from '../src';
import { randomFrom } from '../src/random.test.support';
import { Network } from './network';
import { Person } from './person';
import { Server } from './server';

/** Long, because it bounds a failure only: a test that passes does not wait for it. */
const PATIENCE_MS = 90_000;

/** The order of random faults can be had again: `VILLAGE_FAULTS_SEED=… npm run test:faults`. Their effect cannot, quite. */
const seed = Number(process.env.VILLAGE_FAULTS_SEED ?? Date.now() % 100_000);
const random = randomFrom(seed);

let server: Server;
let ana: Person;
let mara: Person;
let people = 0;
const others: Person[] = [];

beforeAll(async () => {
  server = await Server.create();
}, 180_000);
afterAll(() => server?.destroy());

/** Two people who follow each other, in a conversation nobody has used before. */
beforeEach(async () => {
  await server.start();
  people += 1;
  ana = await newPerson(`ana${people}`);
  mara = await newPerson(`mara${people}`);
  await ana.call('POST', '/users/follow', { user_id: mara.id });
  await mara.call('POST', '/users/follow', { user_id: ana.id });
  const { id } = (await ana.call('POST', '/conversations', { user_id: mara.id })) as { id: string };
  await Promise.all([ana.enter(id), mara.enter(id)]);
  await eventually(() => expect([ana.live.status, mara.live.status]).toEqual(['ready', 'ready']));
});

afterEach(async () => {
  for (const person of [ana, mara, ...others.splice(0)]) person.leave();
  await Promise.all([ana.network.close(), mara.network.close()]);
});

async function newPerson(handle: string): Promise<Person> {
  const network = await Network.before(server.port);
  const { id, session } = await Person.signUp(network, handle);
  return new Person(id, network, session);
}

function eventually(check: () => void): Promise<void> {
  return vi.waitFor(check, { timeout: PATIENCE_MS, interval: 50 });
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Both write all the time, while `happens` goes on. Returns what each has written. */
async function talkWhile(happens: () => Promise<unknown>): Promise<{ anas: string[]; maras: string[] }> {
  const anas: string[] = [];
  const maras: string[] = [];
  const end = new AbortController();
  const happening = happens().finally(() => end.abort());
  while (!end.signal.aborted) {
    ana.say(`ana ${anas.length}`);
    anas.push(`ana ${anas.length}`);
    mara.say(`mara ${maras.length}`);
    maras.push(`mara ${maras.length}`);
    await sleep(60);
  }
  await happening;
  return { anas, maras };
}

async function expectAgreement({ anas, maras }: { anas: string[]; maras: string[] }): Promise<void> {
  const total = anas.length + maras.length;
  await eventually(() => {
    expect([ana.outbox.entries.length, mara.outbox.entries.length]).toEqual([0, 0]);
    expect([ana.view.size, mara.view.size]).toEqual([total, total]);
  });
  const history = (await ana.history()).map((message) => message.body).toReversed();
  expect(history.filter((body) => body.startsWith('ana'))).toEqual(anas);
  expect(history.filter((body) => body.startsWith('mara'))).toEqual(maras);
  await expectSameAsServer();
}

/** What each has been told is what each would read: every message once, as it is now. */
async function expectSameAsServer(): Promise<void> {
  for (const person of [ana, mara]) {
    const history = (await person.history()).toReversed();
    // The answer to one's own change may be there before what others changed while one was cut off.
    await eventually(() => expect([...person.view.values()].toSorted((a, b) => a.number - b.number)).toEqual(history));
    expect(person.errors).toEqual([]);
  }
}

describe('the server', () => {
  it('is killed and started again, three times', async () => {
    const written = await talkWhile(async () => {
      for (let round = 0; round < 3; round += 1) {
        await sleep(700);
        await server.kill();
        await sleep(200);
        await server.start();
      }
      await sleep(300);
    });
    await expectAgreement(written);
  });

  it('drains and is started again', async () => {
    const written = await talkWhile(async () => {
      await sleep(700);
      await server.terminate();
      await server.start();
      await sleep(300);
    });
    await expectAgreement(written);
  });
});

describe('the network', () => {
  it(`cuts connections again and again (seed ${seed})`, async () => {
    const written = await talkWhile(async () => {
      for (let round = 0; round < 12; round += 1) {
        await sleep(150 + 350 * random());
        (round % 2 === 0 ? ana : mara).network.cut();
      }
    });
    await expectAgreement(written);
  });

  it('is away, and what was written meanwhile goes out once it is back', async () => {
    ana.network.down();
    const written = await talkWhile(() => sleep(2_500));
    expect(ana.outbox.entries.length).toBe(written.anas.length);
    ana.network.up();
    ana.live.wake();
    await expectAgreement(written);
  });

  it('stalls without a word, longer than a client waits, and then delivers what was on its way', async () => {
    const written = await talkWhile(async () => {
      await sleep(300);
      ana.network.stall();
      await sleep(9_000);
      ana.network.flow();
      await sleep(300);
    });
    await expectAgreement(written);
    expect(ana.log).toContain('waiting');
  });

  it('is slow, and breaks', async () => {
    for (const person of [ana, mara]) person.network.delay(120);
    const written = await talkWhile(async () => {
      for (let round = 0; round < 4; round += 1) {
        await sleep(900);
        ana.network.cut();
        mara.network.cut();
      }
    });
    await expectAgreement(written);
  });

  it(`fails in every way at once, while the server is killed (seed ${seed})`, async () => {
    const faults = [
      (person: Person) => person.network.cut(),
      (person: Person) => person.network.delay(random() < 0.5 ? 80 : 0),
      (person: Person) => {
        person.network.down();
        setTimeout(() => person.network.up(), 400);
      },
      (person: Person) => {
        person.network.stall();
        setTimeout(() => person.network.flow(), 900);
      },
    ];
    const written = await talkWhile(async () => {
      for (let round = 0; round < 20; round += 1) {
        faults[Math.floor(random() * faults.length)]?.(random() < 0.5 ? ana : mara);
        await sleep(250);
        if (round % 8 === 4) {
          await server.kill();
          await server.start();
        }
      }
      await sleep(1_000);
    });
    await expectAgreement(written);
  });
});

describe('tokens', () => {
  it('that the server refuses on the open socket are renewed, and nothing is lost', async () => {
    const before = ana.tokens.refreshes;
    const written = await talkWhile(async () => {
      await sleep(300);
      ana.tokens.pretend('not a token', 600_000);
      await sleep(1_500);
    });
    await expectAgreement(written);
    expect(ana.tokens.refreshes).toBeGreaterThan(before);
    expect(ana.live.status).toBe('ready');
  });

  it('are renewed on the open socket before they end', async () => {
    const { token } = ana.tokens.current();
    // A token made in the same second is the same token.
    const { iat } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { iat: number };
    await eventually(() => expect(Math.floor(Date.now() / 1_000)).toBeGreaterThan(iat));
    const log = ana.log.length;
    ana.tokens.pretend(token, 3_000);
    // Seen at the next connection; from then on the socket stays.
    ana.network.cut();
    await eventually(() => expect(ana.tokens.refreshes).toBeGreaterThan(0));
    const written = await talkWhile(() => sleep(1_000));
    await expectAgreement(written);
    expect(ana.log.slice(log)).toEqual(['waiting', 'connecting', 'ready']);
    expect(ana.tokens.current().token).not.toBe(token);
  });

  it('that have run out while away are renewed before coming back', async () => {
    ana.network.down();
    const written = await talkWhile(() => sleep(500));
    ana.tokens.pretend('long ago', -1_000);
    ana.network.up();
    await expectAgreement(written);
    expect(ana.tokens.refreshes).toBe(1);
  });
});

describe('messages that change', () => {
  it('are the same for both, whatever is cut off in between', async () => {
    const bodies = Array.from({ length: 12 }, (_, index) => `ana ${index}`);
    for (const body of bodies) ana.say(body);
    await expectAgreement({ anas: bodies, maras: [] });
    const messages = [...ana.view.values()];
    const cutting = (async () => {
      for (let round = 0; round < 10; round += 1) {
        await sleep(200);
        (round % 2 === 0 ? ana : mara).network.cut();
      }
    })();
    const changes = messages.flatMap((message, index) => [
      () => ana.live.edit(message.conversation_id, message.id, `edited ${index}`),
      () => mara.live.react(message.conversation_id, message.id, '🎉', true),
      () => ana.live.react(message.conversation_id, message.id, '❤️', true),
      () => mara.live.react(message.conversation_id, message.id, '🎉', index % 2 === 0),
      ...(index % 3 === 0 ? [() => ana.live.delete(message.conversation_id, message.id)] : []),
    ]);
    for (const change of changes) {
      await change();
      await sleep(20);
    }
    await cutting;
    await eventually(() => {
      for (const person of [ana, mara]) {
        const newest = Math.max(...[ana, mara].flatMap(({ view }) => [...view.values()].map((message) => message.changed_seq)));
        expect(Math.max(...[...person.view.values()].map((message) => message.changed_seq))).toBe(newest);
      }
    });
    await expectSameAsServer();
    expect([...mara.view.values()].filter((message) => message.body.startsWith('edited'))).toHaveLength(8);
  });

  it('that were read are known to be read, although the mark was set without a connection', async () => {
    ana.say('ana 0');
    await expectAgreement({ anas: ['ana 0'], maras: [] });
    mara.network.down();
    const seq = [...mara.view.values()][0]?.seq ?? 0;
    expect(await mara.live.read(mara.conversation, seq)).toBeNull();
    mara.network.up();
    await eventually(() => expect(ana.peerReadSeq).toBe(seq));
  });
});

describe('without sockets', () => {
  it('messages come over REST, both ways, and over the socket again once one opens', async () => {
    mara.network.blockSockets(true);
    await eventually(() => expect(mara.live.status).toBe('polling'));
    const written = await talkWhile(() => sleep(1_000));
    await expectAgreement(written);
    expect(mara.live.status).toBe('polling');
    mara.network.blockSockets(false);
    mara.live.wake();
    await eventually(() => expect(mara.live.status).toBe('ready'));
    ana.say(`ana ${written.anas.length}`);
    await expectAgreement({ anas: [...written.anas, `ana ${written.anas.length}`], maras: written.maras });
  });

  it('a client that never had a socket misses nothing', async () => {
    const late = new Person(mara.id, mara.network, mara.tokens.session);
    others.push(late);
    mara.leave();
    mara.network.blockSockets(true);
    await late.enter(mara.conversation);
    const bodies = Array.from({ length: 30 }, (_, index) => `ana ${index}`);
    for (const body of bodies) ana.say(body);
    await eventually(() => expect(late.view.size).toBe(bodies.length));
    expect(late.seen).toEqual(bodies);
    expect(late.log).not.toContain('ready');
  });
});

describe('pages', () => {
  it('that are reloaded send what was left by the one before, once and in order', async () => {
    const storage = new MemoryStorage();
    const first = new Person(ana.id, ana.network, ana.tokens.session, storage);
    others.push(first);
    await first.enter(ana.conversation);
    ana.network.down();
    const bodies = ['ana 0', 'ana 1', 'ana 2'];
    for (const body of bodies) first.say(body);
    await eventually(() => expect(first.live.status).toBe('waiting'));
    first.leave();
    ana.network.up();
    const second = new Person(ana.id, ana.network, ana.tokens.session, storage);
    others.push(second);
    await second.enter(ana.conversation);
    await eventually(() => expect(second.sent.map((message) => message.body)).toEqual(bodies));
    await expectAgreement({ anas: bodies, maras: [] });
  });

  it('without locks that send the same at the same time make it one message', async () => {
    const storage = new MemoryStorage();
    const tabs = [0, 1, 2].map(() => new Person(ana.id, ana.network, ana.tokens.session, storage));
    others.push(...tabs);
    await tabs[0]?.enter(ana.conversation);
    ana.network.down();
    const bodies = Array.from({ length: 20 }, (_, index) => `ana ${index}`);
    for (const body of bodies) tabs[0]?.say(body);
    await eventually(() => expect(tabs[0]?.live.status).toBe('waiting'));
    ana.network.up();
    await Promise.all(tabs.slice(1).map((tab) => tab.enter(ana.conversation)));
    await eventually(() => expect(tabs.flatMap((tab) => tab.outbox.entries)).toEqual([]));
    await expectAgreement({ anas: bodies, maras: [] });
  });
});
