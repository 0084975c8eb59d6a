import { MAX_KNOWN_VERSIONS, type Fingerprint, type Regression } from '../aggregate/fingerprint.ts';

/** New occurrences of an exception, with what is known of when they happened. */
export interface NewOccurrences {
  readonly count: number;
  readonly version: string;
  readonly nowMs: number;
  /** When the newest of them happened, by the client's clock; null where no sample says. */
  readonly newestMs: number | null;
  /** The target's count was read last at this time, server clock; null where it never was. */
  readonly readBeforeMs: number | null;
}

export interface Transition {
  readonly kind: 'first_seen' | 'regressed' | 'unmuted' | 'count';
  readonly detail: string;
}

/**
 * An exception after new occurrences. A resolved one reopens as regressed when they happened after it was
 * resolved; a muted one comes back when they reach its count or come from a version it did not know.
 */
export function afterOccurrences(
  before: Fingerprint,
  occurrences: NewOccurrences,
): { readonly after: Fingerprint; readonly transition: Transition } {
  const { count, version, nowMs } = occurrences;
  const knownVersion = before.versions.includes(version);
  let after: Fingerprint = {
    ...before,
    total: before.total + count,
    lastSeenMs: nowMs,
    versions:
      knownVersion && before.versions[0] === version
        ? before.versions
        : newestFirst(before.versions, version),
  };
  if (before.state === 'expired') after = { ...after, state: 'open' };
  if (before.state === 'resolved' && happenedAfter(before.resolvedAtMs ?? 0, occurrences)) {
    const regression = regressionOf(version, knownVersion, nowMs);
    after = { ...after, state: 'open', resolvedAtMs: null, regression };
    return { after, transition: { kind: 'regressed', detail: describe(regression) } };
  }
  if (before.mute !== null) {
    const reason = muteEnd(before, after.total, version, knownVersion);
    if (reason !== undefined)
      return { after: { ...after, mute: null }, transition: { kind: 'unmuted', detail: reason } };
  }
  const first = before.total === 0 && count > 0;
  return { after, transition: { kind: first ? 'first_seen' : 'count', detail: '' } };
}

/**
 * Whether occurrences are later than a resolution. They are when the target had been read since; otherwise
 * they may have waited to be read, and the newest sample decides. Without a sample they count as later.
 */
function happenedAfter(resolvedAtMs: number, { newestMs, readBeforeMs }: NewOccurrences): boolean {
  if (readBeforeMs !== null && readBeforeMs > resolvedAtMs) return true;
  return newestMs === null || newestMs >= resolvedAtMs;
}

function regressionOf(version: string, knownVersion: boolean, atMs: number): Regression {
  if (version === '') return { atMs, version, kind: 'unknown_version' };
  return { atMs, version, kind: knownVersion ? 'old_version' : 'new_version' };
}

function describe({ kind, version }: Regression): string {
  if (kind === 'unknown_version') return 'seen again; the target names no version';
  if (kind === 'old_version') return `seen again in ${version}, which ran before it was resolved`;
  return `seen again in ${version}, which is newer than the resolution`;
}

function muteEnd(
  before: Fingerprint,
  total: number,
  version: string,
  knownVersion: boolean,
): string | undefined {
  const { untilTotal, count, version: mutedVersion } = before.mute!;
  if (untilTotal !== null && total >= untilTotal) return `${count} more occurrences were reached`;
  if (mutedVersion !== null && version !== '' && !knownVersion) return `seen in the new version ${version}`;
  return undefined;
}

function newestFirst(versions: readonly string[], version: string): readonly string[] {
  if (version === '') return versions;
  return [version, ...versions.filter((other) => other !== version)].slice(0, MAX_KNOWN_VERSIONS);
}
