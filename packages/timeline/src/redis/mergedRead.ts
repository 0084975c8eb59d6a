import type {
  Bytes,
  KeyResult,
  MergedEntry,
  MergedPosition,
  MergedReadOptions,
  MergedResult,
  ReadOptions,
} from '../contract.ts';
import type { TimelineError } from '../errors.ts';
import { compareMerged } from '../localRead.ts';

type ReadKeys = (keys: readonly Bytes[], options: ReadOptions) => Promise<KeyResult[]>;

/** Each round reads this many times more of a key than the round before. */
const GROWTH = 4;

interface Source {
  readonly key: Bytes;
  /** Where the next round continues. */
  next: MergedPosition | undefined;
}

/**
 * `readMerged` over a store that is far away. The first round reads a few entries of every key; the following ones
 * only keys whose entries so far are all among the best, which may therefore have more of them.
 */
export async function readMergedInRounds(
  keys: readonly Bytes[],
  options: MergedReadOptions,
  read: ReadKeys,
): Promise<MergedResult> {
  const { limit, offset = 0, from = 'newest', deadlineMs } = options;
  const wanted = offset + limit;
  const sign = from === 'newest' ? 1 : -1;
  const deadline = deadlineMs === undefined ? undefined : performance.now() + deadlineMs;
  const errors = new Map<Bytes, TimelineError>();
  const unanswered = new Set<string>();
  let best: MergedEntry[] = [];
  let sources: Source[] = [...new Set(keys)].map((key) => ({ key, next: undefined }));
  let window = Math.min(wanted, Math.ceil((2 * wanted) / Math.max(1, sources.length)) + 1);
  while (sources.length > 0) {
    const round = await beforeDeadline(readRound(sources, window, options, read), deadline);
    if (round === undefined) break;
    const full: Source[] = [];
    round.forEach((result, s) => {
      const source = sources[s]!;
      if ('error' in result) {
        errors.set(source.key, result.error);
        return;
      }
      for (const name of result.unanswered) unanswered.add(name);
      for (const { score, member } of result.entries) best.push({ key: source.key, score, member });
      if (result.entries.length < window) return;
      const end = from === 'newest' ? result.entries.at(-1)! : result.entries[0]!;
      full.push({ key: source.key, next: { ...end, key: source.key } });
    });
    best = best.sort((a, b) => compareMerged(b, a) * sign).slice(0, wanted);
    const worst = best.length < wanted ? undefined : best.at(-1)!;
    sources = full.filter(
      ({ key, next }) => worst === undefined || compareMerged({ ...next!, key }, worst) * sign > 0,
    );
    window = Math.min(wanted, window * GROWTH);
  }
  const entries = best.slice(offset);
  const missing = sources.map(({ key }) => key);
  return { entries: sign === 1 ? entries : entries.reverse(), missing, errors, unanswered: [...unanswered] };
}

/** One call for the keys that are read for the first time, and one each for those that continue somewhere. */
async function readRound(
  sources: readonly Source[],
  limit: number,
  { before, after, from = 'newest' }: MergedReadOptions,
  read: ReadKeys,
): Promise<KeyResult[]> {
  const range = { ...(before && { before }), ...(after && { after }), from, limit };
  if (sources[0]!.next === undefined)
    return read(
      sources.map(({ key }) => key),
      range,
    );
  const results = await Promise.all(
    sources.map(({ key, next }) =>
      read([key], { ...range, ...(from === 'newest' ? { before: next! } : { after: next! }) }),
    ),
  );
  return results.flat();
}

async function beforeDeadline<T>(work: Promise<T>, deadline: number | undefined): Promise<T | undefined> {
  if (deadline === undefined) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), Math.max(0, deadline - performance.now()));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
