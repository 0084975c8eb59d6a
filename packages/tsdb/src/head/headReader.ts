import type { Matcher } from '@binnacle/model';
import type { SelectRange } from '../db/series.ts';
import { selectSeries, ValueSetCache } from '../index/selectSeries.ts';
import { sortByLabels } from '../index/sortByLabels.ts';
import type { WindowBytes } from './groupSnapshot.ts';
import { HeadIndex } from './headIndex.ts';
import type { HeadMemory } from './headMemory.ts';
import { HeadSelection } from './headSelection.ts';

/** Selects from the head's memory, in the writer's thread or another one. */
export class HeadReader {
  readonly index: HeadIndex;
  readonly #memory: HeadMemory;
  readonly #windows: WindowBytes;
  readonly #cache = new ValueSetCache();

  constructor(memory: HeadMemory, windows: WindowBytes, isWriter: boolean) {
    this.#memory = memory;
    this.#windows = windows;
    this.index = new HeadIndex(memory.table, isWriter);
  }

  select(matchers: readonly Matcher[], range: SelectRange): HeadSelection {
    return this.selectIds(selectSeries(this.index, matchers, this.#cache), range);
  }

  /** The given series that have samples at all, sorted by labels. */
  selectIds(ids: Uint32Array, range: SelectRange, withSides = true): HeadSelection {
    const { table, seriesMember, seriesSide } = this.#memory;
    const found = ids.filter((id) => seriesMember.array[id] !== 0 || seriesSide.array[id] !== 0);
    const { pairs } = table;
    sortByLabels(
      {
        labelCount: (series) => table.labelCount(series),
        pairAt: (series, index) => table.pairAt(series, index),
        nameText: (pair) => pairs.symbols.text(pairs.nameOf(pair)),
        valueText: (pair) => pairs.symbols.text(pairs.valueOf(pair)),
      },
      found,
    );
    return new HeadSelection(this.#memory, this.#windows, found, range, withSides);
  }
}
