/**
 * The watermark of one key at one target: what that target has been counted for already. A target behind one
 * identity can be more than one process over time (restarts without a target_uuid) or at once (forked workers
 * that share one); each process counts in its own lane, told apart by when it saw the key first.
 */
export interface Mark {
  /** All that was ever counted from this target for this key. */
  readonly total: number;
  /** Last time the count grew, server time. */
  readonly lastSeenMs: number;
  /** Most recently used first; at least one, at most MAX_LANES. */
  readonly lanes: readonly Lane[];
  /** True once the count went back to an earlier lane: several processes answer under one identity. */
  readonly oscillating: boolean;
}

export interface Lane {
  /** When the process saw the key first, in microseconds; 0 where it does not say. */
  readonly createdUs: number;
  /** The cumulative count last read from that process. */
  readonly count: number;
  /** Hash of the newest occurrence's uuid; 0 where there was none. */
  readonly newest: number;
}

/** One reading of a cumulative count, with the evidence for which process it comes from. */
export interface Reading {
  readonly createdUs: number;
  readonly count: number;
  /** Hashes of the uuids of the occurrences beside the count, newest last. */
  readonly occurrences: readonly number[];
  /** True where it may be older than what was read before: pushed, federated, or scraped at the same time. */
  readonly mayBeLate: boolean;
  readonly nowMs: number;
}

export interface Observation {
  readonly mark: Mark;
  /** Occurrences that were not counted before. */
  readonly delta: number;
  readonly kind: 'first' | 'grew' | 'same' | 'reset' | 'sibling' | 'late';
}

/** Processes under one identity that are told apart at once; beyond it the one unused for longest is forgotten. */
export const MAX_LANES = 64;

/** True when `reading` repeats the mark's last one: nothing to count, nothing to store. */
export function isUnchanged(mark: Mark, createdUs: number, count: number): boolean {
  const lane = mark.lanes[0]!;
  return lane.count === count && lane.createdUs === createdUs;
}

/**
 * Counts a reading. The rules, in order:
 * 1. a process is known by its creation time, or else by an occurrence it has shown before;
 * 2. its count grows by the difference, and a lower one that may be late counts nothing;
 * 3. a count that is seen again exactly, or any count once processes were seen to alternate, belongs to the
 *    nearest lane below it;
 * 4. otherwise a lower count is a restart and counts in full, as in Prometheus.
 */
export function observe(mark: Mark | undefined, reading: Reading): Observation {
  if (mark === undefined) {
    return {
      mark: { total: reading.count, lastSeenMs: reading.nowMs, lanes: [laneOf(reading)], oscillating: false },
      delta: reading.count,
      kind: 'first',
    };
  }
  const index = findLane(mark, reading);
  if (index === -1) return startLane(mark, reading, 'reset');
  const lane = mark.lanes[index]!;
  if (reading.count >= lane.count) {
    const delta = reading.count - lane.count;
    const moved = index > 0;
    const next = laneOf(reading, lane);
    if (delta === 0 && !moved && next.createdUs === lane.createdUs && next.newest === lane.newest) {
      return { mark, delta, kind: 'same' };
    }
    if (moved && delta === 0 && reading.mayBeLate) return { mark, delta, kind: 'late' };
    return {
      mark: use(mark, index, next, delta, reading.nowMs, moved || mark.oscillating),
      delta,
      kind: moved ? 'sibling' : delta > 0 ? 'grew' : 'same',
    };
  }
  if (reading.mayBeLate) return { mark, delta: 0, kind: 'late' };
  return startLane(mark, reading, 'reset');
}

/** A short hash of a uuid: evidence of identity beside a count, not an identity of its own. */
export function hashUuid(uuid: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < uuid.length; i++) hash = Math.imul(hash ^ uuid.charCodeAt(i), 0x01000193);
  return (hash >>> 2) + 1;
}

function findLane(mark: Mark, reading: Reading): number {
  const sameProcess = (lane: Lane): boolean => lane.createdUs === reading.createdUs;
  const shown = (lane: Lane): boolean => lane.newest !== 0 && reading.occurrences.includes(lane.newest);
  const candidates = indexes(mark.lanes, sameProcess);
  if (candidates.length === 0) return findUnstableLane(mark, reading, shown);
  const evident = candidates.filter((i) => shown(mark.lanes[i]!));
  if (evident.length === 1 && mark.lanes[evident[0]!]!.count <= reading.count) return evident[0]!;
  const equal = candidates.find((i) => mark.lanes[i]!.count === reading.count);
  if (equal !== undefined) return equal;
  if (!mark.oscillating) return candidates[0]!;
  const below = candidates.filter((i) => mark.lanes[i]!.count <= reading.count);
  const nearest = below.toSorted((a, b) => mark.lanes[b]!.count - mark.lanes[a]!.count)[0];
  return nearest ?? candidates[0]!;
}

/**
 * No lane has this creation time. It is a new process, unless the reading shows an occurrence of a known one
 * (a client that makes up a new creation time at each export), or nothing speaks for a new one.
 */
function findUnstableLane(mark: Mark, reading: Reading, shown: (lane: Lane) => boolean): number {
  const evident = indexes(mark.lanes, shown);
  if (evident.length > 0) return evident[0]!;
  const latest = mark.lanes[0]!;
  const saysNothing = reading.occurrences.length === 0 && latest.newest === 0 && !reading.mayBeLate;
  return (saysNothing || reading.createdUs === 0) && reading.count >= latest.count ? 0 : -1;
}

function startLane(mark: Mark, reading: Reading, kind: Observation['kind']): Observation {
  return {
    mark: {
      total: mark.total + reading.count,
      lastSeenMs: reading.count > 0 ? reading.nowMs : mark.lastSeenMs,
      lanes: [laneOf(reading), ...mark.lanes].slice(0, MAX_LANES),
      oscillating: mark.oscillating,
    },
    delta: reading.count,
    kind,
  };
}

function use(
  mark: Mark,
  index: number,
  lane: Lane,
  delta: number,
  nowMs: number,
  oscillating: boolean,
): Mark {
  return {
    total: mark.total + delta,
    lastSeenMs: delta > 0 ? nowMs : mark.lastSeenMs,
    lanes: index === 0 && mark.lanes.length === 1 ? [lane] : [lane, ...mark.lanes.toSpliced(index, 1)],
    oscillating,
  };
}

function laneOf(reading: Reading, before?: Lane): Lane {
  return {
    createdUs: before?.createdUs || reading.createdUs,
    count: reading.count,
    newest: reading.occurrences.at(-1) ?? before?.newest ?? 0,
  };
}

function indexes(lanes: readonly Lane[], accept: (lane: Lane) => boolean): number[] {
  return lanes.flatMap((lane, index) => (accept(lane) ? [index] : []));
}
