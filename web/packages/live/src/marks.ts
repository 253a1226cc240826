/**
 * How far a counter of the person has been followed. Conversations come in order, each with the counter's value; read
 * marks may overtake them, and count once they join on.
 */
export class Counter {
  #value: number | undefined;
  readonly #ahead = new Set<number>();

  get value(): number | undefined {
    return this.#value;
  }

  /** Everything up to `seq` is known now. */
  reach(seq: number): void {
    this.#value = Math.max(this.#value ?? 0, seq);
    for (const next of [...this.#ahead].toSorted((a, b) => a - b)) {
      if (next > this.#value + 1) break;
      this.#ahead.delete(next);
      this.#value = Math.max(this.#value, next);
    }
  }

  /** Only the change `seq` is known. */
  note(seq: number): void {
    if (this.#value !== undefined && seq > this.#value) this.#ahead.add(seq);
    if (this.#value !== undefined) this.reach(this.#value);
  }

  isBehind(seq: number): boolean {
    return this.#value !== undefined && seq > this.#value;
  }

  clear(): void {
    this.#value = undefined;
    this.#ahead.clear();
  }
}
