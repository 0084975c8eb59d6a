import type { IndexView } from '../index/selectSeries.ts';
import type { SeriesTable } from '../index/seriesTable.ts';

/** The head's index as selection sees it. A reader in another thread sorts copies of postings, never the original. */
export class HeadIndex implements IndexView {
  readonly #table: SeriesTable;
  readonly #isWriter: boolean;

  constructor(table: SeriesTable, isWriter: boolean) {
    this.#table = table;
    this.#isWriter = isWriter;
  }

  get seriesLimit(): number {
    return this.#table.limit;
  }

  get pairLimit(): number {
    return this.#table.pairs.limit;
  }

  findName(name: string): number {
    const id = this.#table.pairs.symbols.find(name);
    return id !== 0 && this.#table.pairs.firstOfName(id) !== 0 ? id : 0;
  }

  findPair(nameId: number, value: string): number {
    const id = this.#table.pairs.symbols.find(value);
    return id === 0 ? 0 : this.#table.pairs.find(nameId, id);
  }

  eachPair(nameId: number, visit: (pair: number) => void): void {
    const { pairs } = this.#table;
    for (let pair = pairs.firstOfName(nameId); pair !== 0; pair = pairs.nextOfName(pair)) visit(pair);
  }

  valueText(pair: number): string {
    return this.#table.pairs.symbols.text(this.#table.pairs.valueOf(pair));
  }

  sizeOf(pair: number): number {
    return this.#table.pairs.sizeOf(pair);
  }

  postings(pair: number): Uint32Array {
    return this.#table.pairs.postings(pair, this.#isWriter);
  }

  pairWithName(series: number, nameId: number): number {
    return this.#table.pairWithName(series, nameId);
  }

  allSeries(): Uint32Array {
    const out = new Uint32Array(this.#table.live);
    let size = 0;
    for (let series = 1; series < this.#table.limit; series++)
      if (this.#table.isLive(series)) out[size++] = series;
    return out;
  }

  generationOf(nameId: number): number {
    return this.#table.pairs.generationOf(nameId);
  }
}
