import type { StoredEvent } from '../api/eventTypes.ts';
import type { Tone } from '../components/StatusGlyph.tsx';
import { dataText } from './eventText.ts';

/** The lanes of a service's timeline, top to bottom, and which event types stand in each. */
export const LANES = [
  { name: 'Deploys', types: ['deploy.finished'] },
  { name: 'Alerts', types: ['alert.firing', 'alert.resolved', 'alert.silenced'] },
  { name: 'Exceptions', types: ['exception.first_seen', 'exception.regressed', 'exception.resolved'] },
  { name: 'Targets', types: ['target.down', 'target.up'] },
] as const;

/** Every event type that Binnacle's own servers publish about a service. */
export const PLATFORM_TYPES: readonly string[] = LANES.flatMap(({ types }) => types);

const TONES: Record<string, Tone> = {
  'alert.firing': 'error',
  'alert.resolved': 'ok',
  'alert.silenced': 'muted',
  'exception.first_seen': 'error',
  'exception.regressed': 'error',
  'exception.resolved': 'ok',
  'target.down': 'error',
  'target.up': 'ok',
};

/** What an event means to the reader; null for one that is no state, such as a deploy. */
export function toneOf(type: string): Tone | null {
  return TONES[type] ?? null;
}

/** The event's own time, epoch milliseconds; the time of receipt when it has none. */
export function timeOf({ event, receivedAt }: StoredEvent): number {
  const own = Date.parse(event.time ?? '');
  return Number.isNaN(own) ? Date.parse(receivedAt) : own;
}

/** The deploys among the events, with the version that took over. */
export function deploysOf(events: readonly StoredEvent[]): { version: string; atMs: number }[] {
  return events
    .filter(({ event }) => event.type === 'deploy.finished')
    .map((stored) => ({
      version: dataText(stored.event, 'version') ?? '(no version)',
      atMs: timeOf(stored),
    }));
}
