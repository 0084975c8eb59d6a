import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Matcher } from '@binnacle/model';
import type { SelectRange, Source, SourceSelection } from '../db/series.ts';
import { messageOf, TsdbError } from '../errors.ts';
import { selectSeries, ValueSetCache } from '../index/selectSeries.ts';
import { BlockIndex } from './blockIndex.ts';
import { BlockSelection } from './blockSelection.ts';
import { DataFile, type PageCache } from './dataFile.ts';
import type { BlockMeta } from './meta.ts';
import { readTombstones, writeTombstones, type DeletedRange, type Tombstones } from './tombstones.ts';

/** An immutable block on disk. Only its meta.json is read before the first selection. */
export class Block implements Source {
  readonly folder: string;
  readonly meta: BlockMeta;
  readonly sizeBytes: number;
  readonly #cache: PageCache;
  readonly #valueSets = new ValueSetCache();
  #open: { readonly index: BlockIndex; readonly data: DataFile; readonly tombstones: Tombstones } | undefined;

  /** Throws TSDB_CORRUPT_BLOCK when meta.json cannot be read. */
  constructor(folder: string, cache: PageCache) {
    this.folder = folder;
    this.#cache = cache;
    try {
      this.meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as BlockMeta;
      this.sizeBytes = readdirSync(folder).reduce(
        (total, name) => total + statSync(join(folder, name)).size,
        0,
      );
    } catch (error) {
      throw new TsdbError(
        'TSDB_CORRUPT_BLOCK',
        `expected ${folder}/meta.json, found: ${messageOf(error)}`,
        error,
      );
    }
    if (this.meta.format !== 'binnacle-block-1') {
      throw new TsdbError(
        'TSDB_CORRUPT_BLOCK',
        `expected the format binnacle-block-1 in ${folder}, found ${this.meta.format}`,
      );
    }
  }

  get minTime(): number {
    return this.meta.minTime;
  }

  /** The last time inside. */
  get maxTime(): number {
    return this.meta.maxTime - 1;
  }

  /** Throws TSDB_CORRUPT_BLOCK. */
  get index(): BlockIndex {
    return this.#opened().index;
  }

  get tombstones(): Tombstones {
    return this.#opened().tombstones;
  }

  /** Ids of the series whose labels match. Throws TSDB_CORRUPT_BLOCK. */
  matching(matchers: readonly Matcher[]): Uint32Array {
    return selectSeries(this.index, matchers, this.#valueSets);
  }

  select(matchers: readonly Matcher[], range: SelectRange, warn: (text: string) => void): SourceSelection {
    const { index, data, tombstones } = this.#opened();
    return new BlockSelection(index, data, tombstones, this.matching(matchers), range, warn);
  }

  selectAll(range: SelectRange, warn: (text: string) => void): SourceSelection {
    const { index, data, tombstones } = this.#opened();
    return new BlockSelection(index, data, tombstones, index.allSeries(), range, warn);
  }

  /** Hides a range of the series that match. Returns how many series it touched. */
  delete(matchers: readonly Matcher[], range: DeletedRange): number {
    const { tombstones } = this.#opened();
    const ids = this.matching(matchers);
    if (ids.length === 0) return 0;
    const fromMs = Math.max(range.fromMs, this.minTime);
    const toMs = Math.min(range.toMs, this.maxTime);
    for (const id of ids) tombstones.set(id, [...(tombstones.get(id) ?? []), { fromMs, toMs }]);
    writeTombstones(this.folder, tombstones);
    return ids.length;
  }

  close(): void {
    this.#open?.data.close();
    this.#open = undefined;
  }

  /** As `close`, but selections that were made before can be read to their end. */
  retire(): void {
    this.#open?.data.closeWhenUnused();
    this.#open = undefined;
  }

  #opened() {
    if (this.#open !== undefined) return this.#open;
    const path = join(this.folder, 'index');
    try {
      const file = new Uint8Array(new SharedArrayBuffer(statSync(path).size));
      file.set(readFileSync(path));
      const index = new BlockIndex(file, path);
      const tombstones = readTombstones(this.folder);
      const data = new DataFile(join(this.folder, 'data'), index.pageSums, this.#cache);
      return (this.#open = { index, data, tombstones });
    } catch (error) {
      if (error instanceof TsdbError) throw error;
      throw new TsdbError(
        'TSDB_CORRUPT_BLOCK',
        `expected to open ${this.folder}, found: ${messageOf(error)}`,
        error,
      );
    }
  }
}
