import type { TimelineItem } from './timelineReader.ts';

/** Entries that stand as one: `A and 3 others reposted`. */
export interface ItemGroup {
  /** What the items share: verb and object of activities, type and service of events. */
  readonly verb: string;
  readonly object: string;
  readonly count: number;
  readonly actors: number;
  /** The newest actors, up to three. */
  readonly sample: readonly string[];
  readonly summary: string;
  readonly newest: TimelineItem;
  readonly oldestAt: string | null;
}

const SAMPLE = 3;

/**
 * Groups items, newest first, by what was done to what within windows of time. It is done when reading, so another
 * rule holds for the past as well. Groups are ordered by their newest item.
 */
export function aggregateItems(items: readonly TimelineItem[], windowMs: number): ItemGroup[] {
  const groups = new Map<string, { parts: Parts; items: TimelineItem[] }>();
  for (const item of items) {
    const parts = partsOf(item);
    const id = JSON.stringify([parts.verb, parts.object, Math.floor(item.score / windowMs)]);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, { parts, items: [item] });
    else group.items.push(item);
  }
  return [...groups.values()].map(({ parts: { verb, object }, items: grouped }) => {
    const actors = [...new Set(grouped.map((item) => partsOf(item).actor))];
    return {
      verb,
      object,
      count: grouped.length,
      actors: actors.length,
      sample: actors.slice(0, SAMPLE),
      summary: `${who(actors)} ${verb} ${object}`,
      newest: grouped[0]!,
      oldestAt: grouped.at(-1)!.at,
    };
  });
}

interface Parts {
  readonly actor: string;
  readonly verb: string;
  readonly object: string;
}

function partsOf({ activity, event, key, member }: TimelineItem): Parts {
  if (activity !== undefined) return activity;
  if (event === undefined) return { actor: key, verb: 'entry', object: member };
  const { service } = (event.event.data ?? {}) as { service?: string };
  return { actor: event.event.source, verb: event.event.type, object: service ?? event.event.subject ?? '' };
}

function who([first, ...others]: readonly string[]): string {
  if (others.length === 0) return first!;
  return `${first} and ${others.length} ${others.length === 1 ? 'other' : 'others'}`;
}
