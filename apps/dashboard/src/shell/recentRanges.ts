import { store, stored } from '../theme/preferences.ts';
import { resolveInstant, type RangeText } from '../time/timeRange.ts';

const STORAGE_KEY = 'binnacle.recentRanges';
const LIMIT = 5;

/** The last windows this person chose by hand, newest first. */
export function recentRanges(): RangeText[] {
  const saved = stored(STORAGE_KEY);
  if (!Array.isArray(saved)) return [];
  return (saved as Partial<RangeText>[])
    .filter((range): range is RangeText => isInstant(range?.from) && isInstant(range?.to))
    .slice(0, LIMIT);
}

export function rememberRange(range: RangeText): void {
  const others = recentRanges().filter(({ from, to }) => from !== range.from || to !== range.to);
  store(STORAGE_KEY, [range, ...others].slice(0, LIMIT));
}

function isInstant(text: unknown): boolean {
  return typeof text === 'string' && resolveInstant(text, 0, 'utc') !== null;
}
