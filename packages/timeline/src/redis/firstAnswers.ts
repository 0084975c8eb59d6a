import type { Bytes, KeyResult, ReadOptions } from '../contract.ts';
import { TimelineError } from '../errors.ts';
import type { Reply } from './cluster.ts';
import { cut } from './divergence.ts';
import { parseWindow } from './protocol.ts';

const EVERYONE: readonly string[] = [];

/** The first good answer of each key. */
export class FirstAnswers {
  readonly #keys: readonly Bytes[];
  readonly #options: ReadOptions;
  readonly #answers: (Buffer | undefined)[];
  readonly #failures: Reply<Buffer>[][];

  constructor(keys: readonly Bytes[], options: ReadOptions) {
    this.#keys = keys;
    this.#options = options;
    this.#answers = keys.map(() => undefined);
    this.#failures = keys.map(() => []);
  }

  /** Indexes of the keys without an answer. */
  get open(): number[] {
    return this.#answers.flatMap((answer, i) => (answer === undefined ? [i] : []));
  }

  add(indexes: readonly number[], replies: readonly Reply<Buffer>[]): void {
    indexes.forEach((index, n) => {
      const reply = replies[n]!;
      if ('error' in reply) this.#failures[index]!.push(reply);
      else this.#answers[index] ??= reply.value;
    });
  }

  results(): KeyResult[] {
    return this.#keys.map((key, i) => {
      const answer = this.#answers[i];
      if (answer === undefined) return failed(key, this.#failures[i]!);
      return { key, entries: cut(parseWindow(answer).entries, this.#options), unanswered: EVERYONE };
    });
  }
}

/** The result of a key that no replica could answer for. */
export function failed(key: Bytes, replies: readonly Reply<unknown>[]): KeyResult {
  const reasons = replies.map((reply) =>
    'error' in reply ? reply.error.message : `${reply.from} failed meanwhile`,
  );
  const error = new TimelineError(
    'READ_FAILED',
    `no replica could answer for the key: ${reasons.join('; ')}`,
  );
  return { key, error };
}
