import { TsdbError } from '../errors.ts';
import type { HeadSelection } from './headSelection.ts';
import { STATE, type HeadMemory } from './headMemory.ts';

/**
 * Selections of the writer's thread decode labels when asked for. Those that were asked for some are kept here, weakly,
 * so that the rest can be decoded before the writer frees series.
 */
export class HalfReadLabels {
  readonly #memory: HeadMemory;
  #selections = new Set<WeakRef<HeadSelection>>();
  #limit = 256;

  constructor(memory: HeadMemory) {
    this.#memory = memory;
  }

  /** Has a selection, in this order, decode its labels when they are asked for. */
  arrange(selection: HeadSelection, order: Uint32Array): void {
    const { table, state } = this.#memory;
    const sweeps = state.array[STATE.sweeps];
    const { pairs } = table;
    let left = selection.length;
    let own: WeakRef<HeadSelection> | undefined;
    const begin = (): WeakRef<HeadSelection> => {
      if (state.array[STATE.sweeps] !== sweeps) {
        throw new TsdbError(
          'TSDB_SELECTION_EXPIRED',
          'expected labels of a new selection to be asked for at once',
        );
      }
      own = new WeakRef(selection);
      this.#add(own);
      return own;
    };
    selection.arrange(order, {
      labels: (place) => {
        const reference = own ?? begin();
        if (--left === 0) this.#selections.delete(reference);
        return table.labels(selection.series[place]!);
      },
      column: (name) => {
        const id = pairs.symbols.find(name);
        return (place) => {
          if (own === undefined) begin();
          const pair = id === 0 ? 0 : table.pairWithName(selection.series[place]!, id);
          return pair === 0 ? '' : pairs.symbols.text(pairs.valueOf(pair));
        };
      },
    });
  }

  /** Decodes what is missing of the selections that are still in use. */
  settle(): void {
    for (const reference of this.#selections) reference.deref()?.keepLabels();
    this.#selections.clear();
  }

  #add(reference: WeakRef<HeadSelection>): void {
    if (this.#selections.size >= this.#limit) {
      this.#selections = new Set([...this.#selections].filter((known) => known.deref() !== undefined));
      this.#limit = 256 + 2 * this.#selections.size;
    }
    this.#selections.add(reference);
  }
}
