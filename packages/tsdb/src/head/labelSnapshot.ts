import { Labels } from '@binnacle/model';
import { orderByLabels, type LabelSource } from '../index/orderByLabels.ts';
import { PairNumbers } from '../index/pairNumbers.ts';
import { STATE, type HeadMemory } from './headMemory.ts';
import type { SelectedLabels } from './headSelection.ts';

const PAIRS_A_TURN = 256;

/**
 * The labels of some series for a reader in another thread. Which pairs each has is copied under the lock that the
 * series are captured under; what the pairs say is then read in turns, so that the writer never waits for long.
 * Series go by their place among those captured.
 */
export class LabelSnapshot implements LabelSource, SelectedLabels {
  readonly #memory: HeadMemory;
  /** Pairs of series i are #pairs[#first[i]] .. #pairs[#first[i + 1] - 1]; after `resolve` as indices of the texts. */
  readonly #first: Uint32Array;
  readonly #pairs: Uint32Array;
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  readonly #sweeps: number;

  /** Copies; under the lock. */
  constructor(memory: HeadMemory, series: Uint32Array) {
    const { table } = memory;
    this.#memory = memory;
    this.#sweeps = memory.state.array[STATE.sweeps]!;
    this.#first = new Uint32Array(series.length + 1);
    for (let i = 0; i < series.length; i++)
      this.#first[i + 1] = this.#first[i]! + table.labelCount(series[i]!);
    this.#pairs = new Uint32Array(this.#first[series.length]!);
    let at = 0;
    for (const id of series)
      for (let index = 0; index < table.labelCount(id); index++) this.#pairs[at++] = table.pairAt(id, index);
  }

  /** Reads the texts, each turn inside `lock`. False when the writer has freed labels meanwhile: capture again. */
  resolve(lock: (turn: () => boolean) => boolean): boolean {
    const { pairs } = this.#memory.table;
    const distinct = this.#numberPairs();
    for (let from = 0; from < distinct.length; from += PAIRS_A_TURN) {
      const isSound = lock(() => {
        if (this.#memory.state.array[STATE.sweeps] !== this.#sweeps) return false;
        for (const pair of distinct.slice(from, from + PAIRS_A_TURN)) {
          this.#names.push(pairs.symbols.text(pairs.nameOf(pair)));
          this.#values.push(pairs.symbols.text(pairs.valueOf(pair)));
        }
        return true;
      });
      if (!isSound) return false;
    }
    return true;
  }

  /** The places of the series in label order. After `resolve`. */
  order(): Uint32Array {
    const places = new Uint32Array(this.#first.length - 1);
    for (let i = 0; i < places.length; i++) places[i] = i;
    return orderByLabels(this, places);
  }

  /** The values of one label by place, '' where a series has none. After `resolve`. */
  column(name: string): (place: number) => string {
    const isNamed = new Uint8Array(this.#names.length);
    for (let pair = 0; pair < isNamed.length; pair++) if (this.#names[pair] === name) isNamed[pair] = 1;
    if (!isNamed.includes(1)) return () => '';
    const first = this.#first;
    const pairs = this.#pairs;
    const values = this.#values;
    return (place) => {
      for (let at = first[place]!, end = first[place + 1]!; at < end; at++) {
        if (isNamed[pairs[at]!] === 1) return values[pairs[at]!]!;
      }
      return '';
    };
  }

  /** After `resolve`. */
  labels(place: number): Labels {
    const count = this.labelCount(place);
    const names = Array.from<string>({ length: count });
    const values = Array.from<string>({ length: count });
    for (let i = 0; i < count; i++) {
      const pair = this.pairAt(place, i);
      names[i] = this.#names[pair]!;
      values[i] = this.#values[pair]!;
    }
    return new Labels(names, values);
  }

  get pairLimit(): number {
    return this.#names.length;
  }

  labelCount(place: number): number {
    return this.#first[place + 1]! - this.#first[place]!;
  }

  pairAt(place: number, index: number): number {
    return this.#pairs[this.#first[place]! + index]!;
  }

  nameText(pair: number): string {
    return this.#names[pair]!;
  }

  valueText(pair: number): string {
    return this.#values[pair]!;
  }

  /** Numbers the pairs in the order they are met, and returns them in that order. */
  #numberPairs(): readonly number[] {
    const pairs = this.#pairs;
    const numbers = new PairNumbers(pairs.length, this.#memory.table.pairs.limit);
    for (let i = 0; i < pairs.length; i++) pairs[i] = numbers.numberOf(pairs[i]!) - 1;
    return numbers.pairs;
  }
}
