import type { Matcher } from '@binnacle/model';
import { Block } from '../block/block.ts';
import { PageCache } from '../block/dataFile.ts';
import { TsdbError } from '../errors.ts';
import type { HeadHandle } from '../head/head.ts';
import { HeadMemory } from '../head/headMemory.ts';
import { HeadReader } from '../head/headReader.ts';
import { SharedLock } from '../head/sharedLock.ts';
import { AttachedWindows } from '../head/windows.ts';
import { selectFrom } from './queries.ts';
import type { SelectRange, SeriesSet, SourceSelection } from './series.ts';

/** What a reader in another thread needs; survives postMessage. */
export interface SharedHandle {
  readonly head: HeadHandle;
  readonly headMinTime: number;
  readonly headMaxTime: number;
  readonly blockFolders: readonly string[];
}

const CACHE_BYTES = 32 * 1024 * 1024;

/**
 * Reads a store from another thread, as it was when the handle was made; samples of the head that came later are seen
 * too. Blocks that were merged away meanwhile are named in `warnings`.
 */
export class SharedReader {
  readonly #handle: SharedHandle;
  readonly #memory: HeadMemory;
  readonly #windows: AttachedWindows;
  readonly #reader: HeadReader;
  readonly #lock: SharedLock;
  readonly #blocks: readonly Block[];
  readonly #failures: string[] = [];

  constructor(handle: SharedHandle) {
    const { head, blockFolders } = handle;
    this.#handle = handle;
    this.#memory = new HeadMemory(head.maxSeries, head.buffers);
    this.#windows = new AttachedWindows(head.rangeMs, head.windows);
    this.#lock = new SharedLock(head.lock);
    this.#reader = new HeadReader(this.#memory, this.#windows, false);
    this.#blocks = openBlocks(blockFolders, this.#failures);
  }

  select(matchers: readonly Matcher[], range: SelectRange, limit?: number): SeriesSet {
    const { headMinTime } = this.#handle;
    const head = {
      minTime: headMinTime,
      maxTime: Infinity,
      select: (inner: readonly Matcher[], span: SelectRange): SourceSelection =>
        this.#selectHead(inner, span),
    };
    const sources = { blocks: this.#blocks, head, onDamage: () => {} };
    return selectFrom(sources, matchers, range, limit, this.#failures);
  }

  #selectHead(matchers: readonly Matcher[], range: SelectRange): SourceSelection {
    const { selection, labels } = this.#lock.read(() => this.#capture(matchers, range));
    if (labels.resolve((turn) => this.#lock.read(turn))) {
      selection.arrange(labels.order(), labels);
      return selection;
    }
    // The writer has just freed series; it does so once a block range.
    return this.#lock.read(() => {
      const again = this.#capture(matchers, range);
      again.labels.resolve((turn) => turn());
      again.selection.arrange(again.labels.order(), again.labels);
      return again.selection;
    });
  }

  #capture(matchers: readonly Matcher[], range: SelectRange) {
    this.#memory.columns.refresh();
    this.#windows.refresh();
    this.#memory.table.pairs.symbols.dropCache();
    return this.#reader.capture(matchers, range);
  }
}

/** Opens a handle of `Tsdb.shareHandle` in another thread. Blocks stay open from one handle to the next. */
export function openShared(handle: unknown): SharedReader {
  return new SharedReader(handle as SharedHandle);
}

let cache: PageCache | undefined;
let opened = new Map<string, Block>();

/** Blocks of the folders; those that no handle names any more are closed. One that is gone is named in `failures`. */
function openBlocks(folders: readonly string[], failures: string[]): Block[] {
  cache ??= new PageCache(CACHE_BYTES);
  const wanted = new Map<string, Block>();
  for (const folder of folders) {
    try {
      wanted.set(folder, opened.get(folder) ?? new Block(folder, cache));
    } catch (error) {
      if (!(error instanceof TsdbError)) throw error;
      failures.push(error.message);
    }
  }
  for (const [folder, block] of opened) if (!wanted.has(folder)) block.retire();
  opened = wanted;
  return [...wanted.values()];
}
