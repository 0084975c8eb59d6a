const READERS = 0;
const WRITER = 1;
const ATTACHED = 2;
const READER_PATIENCE_MS = 5_000;

/**
 * One writer, many readers in other threads, over a word in shared memory. Readers hold it only while a selection
 * copies what is still being written (the open tails); sealed pages never change. A reader that died with the lock is
 * given up after five seconds. Without attached readers the lock costs one load.
 */
export class SharedLock {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  static create(): SharedLock {
    return new SharedLock(new Int32Array(new SharedArrayBuffer(16)));
  }

  get buffer(): Int32Array {
    return this.#words;
  }

  /** Says that readers in other threads may come. */
  attach(): void {
    Atomics.store(this.#words, ATTACHED, 1);
  }

  /** Runs `work` while no reader copies. */
  write<T>(work: () => T): T {
    if (Atomics.load(this.#words, ATTACHED) === 0) return work();
    Atomics.store(this.#words, WRITER, 1);
    const deadline = Date.now() + READER_PATIENCE_MS;
    for (let readers = Atomics.load(this.#words, READERS); readers !== 0;) {
      Atomics.wait(this.#words, READERS, readers, 10);
      readers = Atomics.load(this.#words, READERS);
      if (Date.now() > deadline) {
        Atomics.store(this.#words, READERS, 0);
        break;
      }
    }
    try {
      return work();
    } finally {
      Atomics.store(this.#words, WRITER, 0);
      Atomics.notify(this.#words, WRITER);
    }
  }

  /** Runs `work` while the writer waits. */
  read<T>(work: () => T): T {
    for (;;) {
      Atomics.add(this.#words, READERS, 1);
      if (Atomics.load(this.#words, WRITER) === 0) break;
      this.#leave();
      Atomics.wait(this.#words, WRITER, 1, 100);
    }
    try {
      return work();
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    if (Atomics.sub(this.#words, READERS, 1) === 1) Atomics.notify(this.#words, READERS);
  }
}
