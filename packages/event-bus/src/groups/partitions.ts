import type { CloudEvent } from '@binnacle/event-schemas';

/** Parts of the events that the consumers of a group share: more consumers than this are never busy at once. */
export const PARTITIONS = 16;

/** The partition of an event: that of its `partitionkey`, else of its (source, id). FNV-1a over UTF-16 units. */
export function partitionOf({
  partitionkey,
  source,
  id,
}: Pick<CloudEvent, 'partitionkey' | 'source' | 'id'>): number {
  const key = partitionkey ?? `${source}\0${id}`;
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % PARTITIONS;
}

/** Which partitions to read next, and from where. */
export interface NextRead {
  readonly partitions: readonly number[];
  /** The last offset that these partitions are done with; -1 for none. */
  readonly after: number;
  /** Exclusive; absent: to the end of the log. */
  readonly before?: number;
}

/**
 * The read that is due, of partitions by the last offset that each is done with: those that are furthest behind, as far
 * as the next ones have come. So nothing is read twice, and soon all are read together.
 */
export function nextRead(positions: ReadonlyMap<number, number>): NextRead {
  const after = Math.min(...positions.values());
  const partitions = [...positions].filter(([, offset]) => offset === after).map(([partition]) => partition);
  const ahead = [...positions.values()].filter((offset) => offset > after);
  return { partitions, after, ...(ahead.length === 0 ? {} : { before: Math.min(...ahead) + 1 }) };
}
