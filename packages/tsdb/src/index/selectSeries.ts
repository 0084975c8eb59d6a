import type { Matcher } from '@binnacle/model';
import { intersect, union } from './postings.ts';

/** What selection needs of an index; the head and every block have one. Ids are positive; 0 means "not there". */
export interface IndexView {
  /** Above every series id. */
  readonly seriesLimit: number;
  /** Above every pair id. */
  readonly pairLimit: number;
  findName(name: string): number;
  findPair(nameId: number, value: string): number;
  /** Calls `visit` with every pair of a name. */
  eachPair(nameId: number, visit: (pair: number) => void): void;
  valueText(pair: number): string;
  /** Number of series with a pair. */
  sizeOf(pair: number): number;
  /** Ascending series ids of a pair. */
  postings(pair: number): Uint32Array;
  pairWithName(series: number, nameId: number): number;
  allSeries(): Uint32Array;
  /** Changes when pairs of the name come or go. */
  generationOf(nameId: number): number;
}

interface ValueSet {
  readonly generation: number;
  readonly pairs: Uint32Array;
  marks: Uint8Array | undefined;
}

const MAX_CACHED_SETS = 256;

/** Remembers which values of a label a pattern matches, until the label's values change. One for each index. */
export class ValueSetCache {
  readonly #sets = new Map<string, ValueSet>();

  /** The pairs of a name whose value satisfies (`wanted`) or fails the matcher. */
  get(view: IndexView, matcher: Matcher, nameId: number, wanted: boolean): ValueSet {
    const key = `${matcher.type}${wanted ? 1 : 0}${matcher.name}\u0000${matcher.value}`;
    const generation = view.generationOf(nameId);
    const known = this.#sets.get(key);
    if (known !== undefined && known.generation === generation) return known;
    const pairs: number[] = [];
    const literals = wanted && matcher.type === '=~' ? matcher.regex!.alternatives : undefined;
    if (literals !== undefined) {
      for (const literal of literals) {
        const pair = view.findPair(nameId, literal);
        if (pair !== 0) pairs.push(pair);
      }
    } else {
      view.eachPair(nameId, (pair) => {
        if (matcher.matches(view.valueText(pair)) === wanted) pairs.push(pair);
      });
    }
    const set: ValueSet = { generation, pairs: Uint32Array.from(pairs), marks: undefined };
    this.#sets.delete(key);
    if (this.#sets.size >= MAX_CACHED_SETS) this.#sets.delete(this.#sets.keys().next().value!);
    this.#sets.set(key, set);
    return set;
  }
}

/**
 * Ids of the series for which every matcher holds, ascending. A label that a series lacks has the value ''. Nothing
 * is decoded but label values that a pattern has to look at, and those once.
 */
export function selectSeries(
  view: IndexView,
  matchers: readonly Matcher[],
  cache: ValueSetCache,
): Uint32Array {
  const required: ValueSet[] = [];
  const requiredNames: number[] = [];
  const refused: { readonly name: number; readonly set: ValueSet }[] = [];
  for (const matcher of matchers) {
    const name = view.findName(matcher.name);
    if (matcher.matchesEmpty) {
      if (name === 0) continue;
      const set = cache.get(view, matcher, name, false);
      if (set.pairs.length > 0) refused.push({ name, set });
      continue;
    }
    if (name === 0) return NOTHING;
    const set =
      matcher.type === '=' ? single(view, name, matcher.value) : cache.get(view, matcher, name, true);
    if (set.pairs.length === 0) return NOTHING;
    required.push(set);
    requiredNames.push(name);
  }
  let found = required.length === 0 ? view.allSeries() : NOTHING;
  if (required.length > 0) {
    const sizes = required.map((set) => totalSize(view, set.pairs));
    const order = sizes.map((_, i) => i).sort((a, b) => sizes[a]! - sizes[b]!);
    const first = required[order[0]!]!;
    found = union(
      Array.from(first.pairs, (pair) => view.postings(pair)),
      view.seriesLimit,
    );
    for (const i of order.slice(1)) {
      if (found.length === 0) return found;
      const set = required[i]!;
      found =
        set.pairs.length === 1 && sizes[i]! < 4096 * found.length
          ? intersect(found, view.postings(set.pairs[0]!))
          : keep(view, found, requiredNames[i]!, set, true);
    }
  }
  for (const { name, set } of refused) found = keep(view, found, name, set, false);
  return found;
}

const NOTHING = new Uint32Array(0);

function single(view: IndexView, name: number, value: string): ValueSet {
  const pair = view.findPair(name, value);
  return { generation: 0, pairs: pair === 0 ? NOTHING : Uint32Array.of(pair), marks: undefined };
}

function totalSize(view: IndexView, pairs: Uint32Array): number {
  let total = 0;
  for (const pair of pairs) total += view.sizeOf(pair);
  return total;
}

/** The series whose pair with a name is (`wanted`) or is not in the set. */
function keep(
  view: IndexView,
  series: Uint32Array,
  name: number,
  set: ValueSet,
  wanted: boolean,
): Uint32Array {
  const out = new Uint32Array(series.length);
  let size = 0;
  const only = set.pairs.length === 1 ? set.pairs[0]! : -1;
  const marks = only < 0 ? marksOf(view, set) : NO_MARKS;
  for (let i = 0; i < series.length; i++) {
    const pair = view.pairWithName(series[i]!, name);
    const isIn = only < 0 ? pair !== 0 && marks[pair] === 1 : pair === only;
    if (isIn === wanted) out[size++] = series[i]!;
  }
  return out.subarray(0, size);
}

const NO_MARKS = new Uint8Array(0);

function marksOf(view: IndexView, set: ValueSet): Uint8Array {
  if (set.marks === undefined) {
    set.marks = new Uint8Array(view.pairLimit);
    for (const pair of set.pairs) set.marks[pair] = 1;
  }
  return set.marks;
}
