/** What a stream's page keeps in the address. */
export interface StreamSearch {
  /** The filter. */
  readonly q?: string | undefined;
  /** Where to begin to read, see `readSeek`. */
  readonly seek?: string | undefined;
  /** Offset of the event that is open. */
  readonly sel?: number | undefined;
  /** `1` while the tail is on. */
  readonly live?: '1' | undefined;
}

export function validateStreamSearch(search: Record<string, unknown>): StreamSearch {
  const { q, seek, sel, live } = search;
  return {
    ...(typeof q === 'string' && q !== '' ? { q } : {}),
    ...(typeof seek === 'string' && seek !== '' ? { seek } : {}),
    ...(/^\d{1,15}$/.test(String(sel)) ? { sel: Number(sel) } : {}),
    ...(live === '1' ? { live } : {}),
  };
}

/** So many timelines are merged at most. */
const MOST_KEYS = 50;

/** The timelines that the timeline page merges. */
export interface TimelineSearch {
  readonly key?: readonly string[] | undefined;
}

export function validateTimelineSearch(search: Record<string, unknown>): TimelineSearch {
  const given = Array.isArray(search['key']) ? (search['key'] as unknown[]) : [search['key']];
  const keys = given.filter((key): key is string => typeof key === 'string' && key !== '');
  return keys.length === 0 ? {} : { key: [...new Set(keys)].slice(0, MOST_KEYS) };
}
