import type { StoredEvent, TimelineItem } from '../api/eventTypes.ts';
import { eventSummary } from './eventText.ts';
import { timeOf } from './platformEvents.ts';

/** A row of the table of events. */
export interface EventTableRow {
  readonly id: string;
  readonly atMs: number | null;
  readonly type: string;
  readonly summary: string;
  /** Null for a timeline's entry that no event of the log stands for. */
  readonly offset: number | null;
  /** The timelines that it stands in. */
  readonly keys: readonly string[];
}

export function rowOfEvent(stored: StoredEvent): EventTableRow {
  const { event, offset } = stored;
  return {
    id: String(offset),
    atMs: timeOf(stored),
    type: event.type,
    summary: eventSummary(event) || '(no data)',
    offset,
    keys: [],
  };
}

/** Rows of merged timelines: an event that stands in several of them is one row. */
export function rowsOfItems(items: readonly TimelineItem[]): EventTableRow[] {
  const rows = new Map<string, EventTableRow>();
  for (const { key, member, score, at, event } of items) {
    const row =
      event === undefined
        ? {
            id: `${member} ${score}`,
            atMs: at === null ? null : Date.parse(at),
            type: 'entry',
            summary: memberText(member),
            offset: null,
            keys: [],
          }
        : rowOfEvent(event);
    const before = rows.get(row.id);
    rows.set(row.id, { ...row, keys: [...(before?.keys ?? []), key] });
  }
  return [...rows.values()];
}

/** The bytes of a member as text, their parts set apart by spaces. */
function memberText(member: string): string {
  const bytes = Uint8Array.from(atob(member), (character) => character.charCodeAt(0));
  return new TextDecoder().decode(bytes).replaceAll('\0', ' ');
}
