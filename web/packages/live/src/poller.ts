// Networks exist that let no socket through. Then the same questions are asked over REST, again and again, until one opens.
import { failureOf } from './errors';
import type { LiveTypes, Marks, SyncAnswer } from './protocol';
import { ask, type Rest } from './rest';

export interface PollerOptions<T extends LiveTypes> {
  rest: Rest;
  random: () => number;
  /** Where we stand, in parts the server takes at once. */
  marks: () => { parts: Marks[]; membershipSeq: number | undefined };
  onAnswer: (answer: SyncAnswer<T>) => void;
  /** Now and then, for what `sync` does not tell: notifications, and what others have read. */
  onSlowTick: () => void;
  onState: (works: boolean) => void;
}

const EVERY_MS = 5_000;
const SLOW_EVERY_MS = 30_000;
/** A cut answer is followed at once, but not without end. */
const MAX_ROUNDS = 20;

export class Poller<T extends LiveTypes> {
  readonly #options: PollerOptions<T>;
  #isRunning = false;
  #isAsking = false;
  #works = false;
  #isSupported = true;
  #turn = 0;
  #sinceSlow = SLOW_EVERY_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PollerOptions<T>) {
    this.#options = options;
  }

  get works(): boolean {
    return this.#works;
  }

  /** Begins, or tries at once when it has been failing. */
  start(): void {
    if (!this.#isSupported || this.#isAsking || (this.#isRunning && this.#works)) return;
    this.#isRunning = true;
    clearTimeout(this.#timer);
    void this.#poll();
  }

  stop(): void {
    this.#turn += 1;
    this.#isRunning = false;
    this.#isAsking = false;
    this.#sinceSlow = SLOW_EVERY_MS;
    clearTimeout(this.#timer);
    this.#setWorks(false);
  }

  async #poll(): Promise<void> {
    const { rest, marks, onAnswer } = this.#options;
    const turn = this.#turn;
    this.#isAsking = true;
    try {
      for (let round = 0, more = true; more && round < MAX_ROUNDS; round += 1) {
        more = false;
        const { parts } = marks();
        for (const conversations of parts.length > 0 ? parts : [{}]) {
          const { membershipSeq } = marks();
          const body = { conversations, ...(membershipSeq === undefined ? {} : { membership_seq: membershipSeq }) };
          const answer = await ask<SyncAnswer<T>>(rest, 'POST', '/conversations/sync', body);
          if (turn !== this.#turn) return;
          onAnswer(answer);
          more ||= answer.more ?? false;
        }
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      this.#isAsking = false;
      const { status, isTemporary } = failureOf(error);
      // A server from before there was such a question.
      if (!isTemporary && (status === 404 || status === 405)) this.#isSupported = false;
      // The next failed socket starts it again.
      this.#isRunning = false;
      this.#setWorks(false);
      return;
    }
    this.#isAsking = false;
    this.#setWorks(true);
    const wait = EVERY_MS * (0.75 + 0.5 * this.#options.random());
    this.#sinceSlow += wait;
    if (this.#sinceSlow >= SLOW_EVERY_MS) {
      this.#sinceSlow = 0;
      this.#options.onSlowTick();
    }
    this.#timer = setTimeout(() => void this.#poll(), wait);
  }

  #setWorks(works: boolean): void {
    if (this.#works === works) return;
    this.#works = works;
    this.#options.onState(works);
  }
}
