import type { ExceptionSummary, ServiceSummary } from '../api/types.ts';
import type { Tone } from '../components/StatusGlyph.tsx';

/** One service of the overview. */
export interface ServiceRow {
  readonly summary: ServiceSummary;
  readonly tone: Tone;
  /** The state in words: "Down", "2 new". */
  readonly word: string;
  /** Occurrences per bucket, summed over the exceptions that were fetched. */
  readonly counts: readonly number[];
}

const TONE_ORDER: readonly Tone[] = ['error', 'warn', 'unknown', 'ok', 'muted'];

/** The services, the one in the worst state first; within a state the one with the most occurrences. */
export function rankServices(
  services: readonly ServiceSummary[],
  items: readonly ExceptionSummary[],
): ServiceRow[] {
  const rows = services.map((summary) => {
    const own = items.filter((item) => item.service === summary.name);
    return { summary, ...stateOf(summary, own), counts: addUp(own.map((item) => item.sparkline)) };
  });
  return rows.sort(
    (a, b) =>
      TONE_ORDER.indexOf(a.tone) - TONE_ORDER.indexOf(b.tone) ||
      b.summary.count - a.summary.count ||
      a.summary.name.localeCompare(b.summary.name),
  );
}

function stateOf(
  { targets, newExceptions }: ServiceSummary,
  own: readonly ExceptionSummary[],
): { tone: Tone; word: string } {
  const regressed = own.filter((item) => item.status === 'regressed').length;
  if (targets.total > 0 && targets.up === 0) return { tone: 'error', word: 'Down' };
  if (newExceptions > 0) return { tone: 'error', word: `${newExceptions} new` };
  if (regressed > 0) return { tone: 'error', word: `${regressed} regressed` };
  if (targets.up < targets.total) return { tone: 'warn', word: `${targets.total - targets.up} down` };
  if (own.some((item) => item.status === 'ongoing' && item.count > 0))
    return { tone: 'warn', word: 'Ongoing' };
  return targets.total === 0 ? { tone: 'unknown', word: 'No targets' } : { tone: 'ok', word: 'Quiet' };
}

/** Sums of several lists of counts, bucket by bucket. */
export function addUp(lists: readonly (readonly number[])[]): number[] {
  const length = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length }, (_, index) => lists.reduce((sum, list) => sum + (list[index] ?? 0), 0));
}
