/** Small integers by label pair; 0 for a pair that has none. */
export interface PairNumbers {
  get(pair: number): number;
  set(pair: number, number: number): void;
}

/** For about so many uses of pairs below a limit: an array where it is worth its size, else a map. */
export function numbersFor(uses: number, limit: number): PairNumbers {
  return 4 * uses >= limit ? new ArrayNumbers(limit) : new MapNumbers();
}

class ArrayNumbers implements PairNumbers {
  readonly #numbers: Uint32Array;

  constructor(limit: number) {
    this.#numbers = new Uint32Array(limit);
  }

  get(pair: number): number {
    return this.#numbers[pair]!;
  }

  set(pair: number, number: number): void {
    this.#numbers[pair] = number;
  }
}

class MapNumbers implements PairNumbers {
  readonly #numbers = new Map<number, number>();

  get(pair: number): number {
    return this.#numbers.get(pair) ?? 0;
  }

  set(pair: number, number: number): void {
    this.#numbers.set(pair, number);
  }
}
