/** Numbers label pairs from 1 on, in the order in which they are met. */
export class PairNumbers {
  /** The pairs by their numbers, less one. */
  readonly pairs: number[] = [];
  /** By pair; an array only where it is worth its size. */
  readonly #numbers: Uint32Array | Map<number, number>;

  /** For about so many calls, with pairs below `limit`. */
  constructor(calls: number, limit: number) {
    this.#numbers = 4 * calls >= limit ? new Uint32Array(limit) : new Map();
  }

  numberOf(pair: number): number {
    const numbers = this.#numbers;
    if (numbers instanceof Uint32Array) {
      if (numbers[pair] === 0) numbers[pair] = this.pairs.push(pair);
      return numbers[pair]!;
    }
    let number = numbers.get(pair);
    if (number === undefined) numbers.set(pair, (number = this.pairs.push(pair)));
    return number;
  }
}
