import { compareUtf8, Labels, METRIC_NAME, type Matcher } from '@binnacle/model';
import type { BlockIndex } from '../block/blockIndex.ts';
import { messageOf, TsdbError } from '../errors.ts';
import type { HeadIndex } from '../head/headIndex.ts';
import { MergedSet } from './mergedSet.ts';
import type { SelectRange, SeriesSet, Source, SourceSelection } from './series.ts';

/** The sources of one store as a query sees them. The head comes last: of equal samples the block's is kept. */
export interface QuerySources extends SampleSources {
  readonly blocks: readonly (Indexed & { readonly index: BlockIndex })[];
  readonly head: Indexed & { readonly index: HeadIndex };
  readonly headNames: () => readonly string[];
}

/** What samples are selected from. */
export interface SampleSources {
  readonly blocks: readonly Source[];
  readonly head: Source;
  readonly onDamage: (error: unknown) => void;
}

interface Indexed extends Source {
  /** Ids of the series whose labels match. */
  matching(matchers: readonly Matcher[]): Uint32Array;
}

/** Series that match, merged over all sources. Damaged blocks are left out and named in `warnings`. */
export function selectFrom(
  sources: SampleSources,
  matchers: readonly Matcher[],
  range: SelectRange,
  limit?: number,
  known: readonly string[] = [],
): MergedSet {
  const warnings = [...known];
  const warn = (text: string): void => {
    if (!warnings.includes(text)) warnings.push(text);
  };
  const selections: SourceSelection[] = [];
  for (const source of [...sources.blocks, sources.head]) {
    if (source.minTime > range.maxMs || source.maxTime < range.minMs) continue;
    try {
      const selection = source.select(matchers, range, warn);
      if (selection.length > 0) selections.push(selection);
    } catch (error) {
      if (!(error instanceof TsdbError)) throw error;
      sources.onDamage(error);
      warn(messageOf(error));
    }
  }
  return new MergedSet(selections, warnings, limit === undefined || limit <= 0 ? Infinity : limit);
}

/** Series that match in the source that has most of them: about how many a selection finds, without making it. */
export function countFrom(sources: QuerySources, matchers: readonly Matcher[], range: SelectRange): number {
  const counts = readableBlocks(sources, range).map((block) => block.matching(matchers).length);
  if (overlaps(sources.head, range)) counts.push(sources.head.matching(matchers).length);
  return Math.max(0, ...counts);
}

/** Label names inside a range, sorted; of the series that match when there are matchers. */
export function labelNamesFrom(
  sources: QuerySources,
  matchers: readonly Matcher[],
  range: SelectRange,
  limit = Infinity,
): string[] {
  const names = new Set<string>();
  if (matchers.length > 0) {
    eachLabels(selectFrom(sources, matchers, range), (labels) =>
      labels.names.forEach((name) => names.add(name)),
    );
  } else {
    for (const index of indexes(sources, range)) {
      for (const id of index.names()) names.add(index.nameText(id));
    }
    if (overlaps(sources.head, range)) for (const name of sources.headNames()) names.add(name);
  }
  return [...names].sort(compareUtf8).slice(0, limit);
}

/** Values of one label inside a range, sorted; of the series that match when there are matchers. */
export function labelValuesFrom(
  sources: QuerySources,
  name: string,
  matchers: readonly Matcher[],
  range: SelectRange,
  limit = Infinity,
): string[] {
  const values = new Set<string>();
  if (matchers.length > 0) {
    eachLabels(selectFrom(sources, matchers, range), (labels) => {
      const value = labels.get(name);
      if (value !== '') values.add(value);
    });
  } else {
    const views: (BlockIndex | HeadIndex)[] = indexes(sources, range);
    if (overlaps(sources.head, range)) views.push(sources.head.index);
    for (const view of views) {
      const id = view.findName(name);
      if (id !== 0) view.eachPair(id, (pair) => values.add(view.valueText(pair)));
    }
  }
  return [...values].sort(compareUtf8).slice(0, limit);
}

/** Label sets of the series that match any of several selectors, sorted. */
export function seriesFrom(
  sources: QuerySources,
  selectors: readonly (readonly Matcher[])[],
  range: SelectRange,
  limit = Infinity,
): Labels[] {
  const found = new Map<string, Labels>();
  for (const matchers of selectors) {
    eachLabels(selectFrom(sources, matchers, range, limit), (labels) => found.set(labels.key, labels));
  }
  return [...found.values()].sort(Labels.compare).slice(0, limit);
}

/** One line of the cardinality statistics. */
export interface CardinalityEntry {
  readonly name: string;
  readonly value: number;
}

/** What makes the head large, each list with the largest first. */
export interface Cardinality {
  readonly seriesCountByMetricName: readonly CardinalityEntry[];
  readonly labelValueCountByLabelName: readonly CardinalityEntry[];
  readonly memoryInBytesByLabelName: readonly CardinalityEntry[];
  readonly seriesCountByLabelValuePair: readonly CardinalityEntry[];
}

export function cardinalityOf(index: HeadIndex, names: readonly string[], limit: number): Cardinality {
  const metrics: CardinalityEntry[] = [];
  const counts: CardinalityEntry[] = [];
  const bytes: CardinalityEntry[] = [];
  const pairs: CardinalityEntry[] = [];
  for (const name of names) {
    let values = 0;
    let size = 0;
    index.eachPair(index.findName(name), (pair) => {
      const text = index.valueText(pair);
      const series = index.sizeOf(pair);
      values++;
      size += text.length * series;
      insertTop(pairs, { name: `${name}=${text}`, value: series }, limit);
      if (name === METRIC_NAME) insertTop(metrics, { name: text, value: series }, limit);
    });
    insertTop(counts, { name, value: values }, limit);
    insertTop(bytes, { name, value: size }, limit);
  }
  return {
    seriesCountByMetricName: metrics,
    labelValueCountByLabelName: counts,
    memoryInBytesByLabelName: bytes,
    seriesCountByLabelValuePair: pairs,
  };
}

function insertTop(list: CardinalityEntry[], entry: CardinalityEntry, limit: number): void {
  if (list.length === limit && list[limit - 1]!.value >= entry.value) return;
  let at = list.length;
  while (at > 0 && list[at - 1]!.value < entry.value) at--;
  list.splice(at, 0, entry);
  if (list.length > limit) list.pop();
}

function indexes(sources: QuerySources, range: SelectRange): BlockIndex[] {
  return readableBlocks(sources, range).map(({ index }) => index);
}

/** Blocks of a range whose index can be opened. */
function readableBlocks(sources: QuerySources, range: SelectRange): QuerySources['blocks'] {
  return sources.blocks.filter((block) => {
    if (!overlaps(block, range)) return false;
    try {
      return block.index !== undefined;
    } catch (error) {
      if (!(error instanceof TsdbError)) throw error;
      sources.onDamage(error);
      return false;
    }
  });
}

function overlaps(source: Source, range: SelectRange): boolean {
  return source.minTime <= range.maxMs && source.maxTime >= range.minMs;
}

function eachLabels(set: SeriesSet, visit: (labels: Labels) => void): void {
  for (let i = 0; i < set.length; i++) visit(set.labels(i));
}
