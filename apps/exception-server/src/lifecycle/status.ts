import type { Fingerprint } from '../aggregate/fingerprint.ts';

export const STATUSES = ['new', 'ongoing', 'regressed', 'resolved', 'muted'] as const;
export type Status = (typeof STATUSES)[number];

/** An exception is new for a day. */
export const NEW_FOR_MS = 24 * 3_600_000;

/** Where an exception stands. The first that applies: resolved, muted, regressed, new, ongoing. */
export function statusOf(
  fingerprint: Pick<Fingerprint, 'state' | 'mute' | 'regression' | 'firstSeenMs'>,
  nowMs: number,
): Status {
  if (fingerprint.state === 'resolved') return 'resolved';
  if (fingerprint.mute !== null && (fingerprint.mute.untilMs === null || fingerprint.mute.untilMs > nowMs)) {
    return 'muted';
  }
  if (fingerprint.regression !== null) return 'regressed';
  return fingerprint.firstSeenMs > nowMs - NEW_FOR_MS ? 'new' : 'ongoing';
}

/** The stored form, which time alone changes in two ways only: a mute runs out, and new becomes ongoing. */
export function stateColumn(fingerprint: Fingerprint): string {
  if (fingerprint.state !== 'open') return fingerprint.state;
  if (fingerprint.mute !== null) return 'muted';
  return fingerprint.regression === null ? 'open' : 'regressed';
}
