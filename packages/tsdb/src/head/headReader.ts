import type { Matcher } from '@binnacle/model';
import type { SelectRange } from '../db/series.ts';
import { selectSeries, ValueSetCache } from '../index/selectSeries.ts';
import { orderByLabels } from '../index/orderByLabels.ts';
import type { WindowBytes } from './groupSnapshot.ts';
import { HalfReadLabels } from './halfReadLabels.ts';
import { HeadIndex } from './headIndex.ts';
import type { HeadMemory } from './headMemory.ts';
import { HeadSelection } from './headSelection.ts';
import { LabelSnapshot } from './labelSnapshot.ts';

/** Selects from the head's memory, in the writer's thread or another one. */
export class HeadReader {
  readonly index: HeadIndex;
  readonly #memory: HeadMemory;
  readonly #windows: WindowBytes;
  readonly #cache = new ValueSetCache();
  readonly #halfRead: HalfReadLabels;

  constructor(memory: HeadMemory, windows: WindowBytes, isWriter: boolean) {
    this.#memory = memory;
    this.#windows = windows;
    this.#halfRead = new HalfReadLabels(memory);
    this.index = new HeadIndex(memory.table, isWriter);
  }

  /** Ids of the series whose labels match. */
  matching(matchers: readonly Matcher[]): Uint32Array {
    return selectSeries(this.index, matchers, this.#cache);
  }

  select(matchers: readonly Matcher[], range: SelectRange): HeadSelection {
    return this.selectIds(this.matching(matchers), range);
  }

  /** The given series that have samples at all, in label order. */
  selectIds(ids: Uint32Array, range: SelectRange, withSides = true): HeadSelection {
    const { table } = this.#memory;
    const selection = this.#captureIds(ids, range, withSides);
    const { pairs } = table;
    const source = {
      pairLimit: pairs.limit,
      labelCount: (series: number) => table.labelCount(series),
      pairAt: (series: number, index: number) => table.pairAt(series, index),
      nameText: (pair: number) => pairs.symbols.text(pairs.nameOf(pair)),
      valueText: (pair: number) => pairs.symbols.text(pairs.valueOf(pair)),
    };
    this.#halfRead.arrange(selection, orderByLabels(source, selection.series));
    return selection;
  }

  /** As `select`, under the lock and in no order, with what `arrange` then needs. */
  capture(
    matchers: readonly Matcher[],
    range: SelectRange,
  ): { selection: HeadSelection; labels: LabelSnapshot } {
    const selection = this.#captureIds(this.matching(matchers), range, true);
    return { selection, labels: new LabelSnapshot(this.#memory, selection.series) };
  }

  /** Has the selections that are being read decode the rest of their labels, before the writer frees some. */
  settleLabels(): void {
    this.#halfRead.settle();
  }

  #captureIds(ids: Uint32Array, range: SelectRange, withSides: boolean): HeadSelection {
    const { seriesMember, seriesSide } = this.#memory;
    const found = ids.filter((id) => seriesMember.array[id] !== 0 || seriesSide.array[id] !== 0);
    return new HeadSelection(this.#memory, this.#windows, found, range, withSides);
  }
}
