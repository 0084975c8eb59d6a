import { createHash } from 'node:crypto';

/** An exception of one service: everything that carries the same aggregation key. Kept in memory and stored. */
export interface Fingerprint {
  readonly id: number;
  readonly publicId: string;
  readonly service: string;
  readonly key: string;
  readonly class: string;
  readonly message: string;
  readonly severity: string;
  readonly total: number;
  /** Server times; `createdMs` is the earliest time any client named. */
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  readonly createdMs: number;
  readonly state: 'open' | 'resolved' | 'expired';
  readonly resolvedAtMs: number | null;
  readonly regression: Regression | null;
  readonly mute: Mute | null;
  /** The last value seen per label. */
  readonly labels: Readonly<Record<string, string>>;
  /** Newest last-seen first, at most MAX_KNOWN_VERSIONS. */
  readonly versions: readonly string[];
  /** About how many samples are stored; never less. */
  readonly samples: number;
}

/** How a resolved exception came back. `version` is "old" where it ran before the exception was resolved. */
export interface Regression {
  readonly atMs: number;
  readonly version: string;
  readonly kind: 'old_version' | 'new_version' | 'unknown_version';
}

/** Hidden until whichever comes first; with no condition, until somebody unmutes it. */
export interface Mute {
  readonly atMs: number;
  readonly by: string;
  readonly untilMs: number | null;
  /** More occurrences that end it, and the total at which they are reached. */
  readonly count: number | null;
  readonly untilTotal: number | null;
  /** The newest version when it was muted, where a version first seen later ends it. */
  readonly version: string | null;
}

export const MAX_KNOWN_VERSIONS = 50;

/** Holds what is beyond a limit: keys a service has too many of. */
export const OVERFLOW_KEY = '(overflow)';

/** The name of an exception in URLs: 32 hexadecimal digits of SHA-256 over service, NUL and key. */
export function publicIdOf(service: string, key: string): string {
  return createHash('sha256').update(`${service}\0${key}`).digest('hex').slice(0, 32);
}

/** The class in a key such as `TypeError@1a2b3c4d`. */
export function classOfKey(key: string): string {
  const at = key.lastIndexOf('@');
  return at > 0 ? key.slice(0, at) : key;
}
