import { StreamError } from '../errors.ts';
import type { TimelineItem } from './timelineReader.ts';

/** Orders the items of one page: the same items always give the same order. */
export type Ranking = (items: readonly TimelineItem[]) => readonly TimelineItem[];

/** Every ranking by name and version. A ranking that changes gets a new version, and the old one stays. */
const RANKINGS: Readonly<Record<string, Ranking>> = {
  'recent@1': (items) => items,
  'varied@1': varied,
};

/** The ranking of a name such as `varied@1`. Throws STREAM_BAD_REQUEST. */
export function rankingOf(name: string): Ranking {
  const ranking = Object.hasOwn(RANKINGS, name) ? RANKINGS[name] : undefined;
  if (ranking !== undefined) return ranking;
  const known = Object.keys(RANKINGS).join(', ');
  throw new StreamError(
    'STREAM_BAD_REQUEST',
    `rank: expected one of ${known}, found ${JSON.stringify(name)}`,
  );
}

/** By recency, but nobody twice in a row as long as somebody else is left: their next item waits for its turn. */
function varied(items: readonly TimelineItem[]): TimelineItem[] {
  const waiting = [...items];
  const ranked: TimelineItem[] = [];
  while (waiting.length > 0) {
    const last = ranked.at(-1);
    const other = waiting.findIndex((item) => last === undefined || voiceOf(item) !== voiceOf(last));
    ranked.push(...waiting.splice(Math.max(0, other), 1));
  }
  return ranked;
}

function voiceOf({ activity, key }: TimelineItem): string {
  return activity?.actor ?? key;
}
