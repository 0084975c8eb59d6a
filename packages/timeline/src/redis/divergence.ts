import type { Entry } from '../block.ts';
import type { Bytes, Position, ReadOptions, TimelineState } from '../contract.ts';
import { readTimeline } from '../localRead.ts';
import { comparePositions, lowerBound, maxFloor, upperBound } from '../position.ts';
import { Timeline, wins } from '../timeline.ts';
import { operationsOf } from '../writeResult.ts';
import type { Cluster, Probe, Reply } from './cluster.ts';
import { parseWindow, type ReplicaOperation, type Window } from './protocol.ts';

/** One cluster's packed window of a key: the first `offset + limit` entries of the range. */
export interface Answer {
  readonly cluster: Cluster;
  readonly packed: Buffer;
}

/** What a cluster lacks. */
export interface Repair {
  readonly cluster: Cluster;
  readonly operations: readonly ReplicaOperation[];
}

export interface Resolved {
  /** What the joined replicas have in the range, newest first; undefined when no replica could tell. */
  readonly entries: readonly Position[] | undefined;
  /** What replicas were found to lack; empty when they agree. */
  readonly repairs: readonly Repair[];
}

/**
 * What several replicas know of a range, joined. Equal windows are the answer as they are. Otherwise the members that
 * are not live everywhere with one score are asked of every replica, tombstones too; and where that does not fill the
 * range, the whole states are joined.
 */
export async function resolveKey(
  key: Bytes,
  answers: readonly Answer[],
  options: ReadOptions,
  capacity: number,
): Promise<Resolved> {
  const [first, ...others] = answers;
  const single = parseWindow(first!.packed);
  if (others.every(({ packed }) => packed.equals(first!.packed))) {
    return { entries: cut(single.entries, options), repairs: [] };
  }
  const windows = answers.map(({ packed }) => parseWindow(packed));
  const probed = options.from === 'oldest' ? undefined : await resolveByProbe(key, answers, windows, options);
  return probed ?? (await resolveByState(key, answers, options, capacity));
}

/** The part of a window that a read wants: windows begin at the end of the range, whatever the offset. */
export function cut(
  entries: readonly Position[],
  { limit, offset = 0, from }: ReadOptions,
): readonly Position[] {
  if (from !== 'oldest') return entries.slice(offset, offset + limit);
  const end = Math.max(0, entries.length - offset);
  return entries.slice(Math.max(0, end - limit), end);
}

/** Several states of one key joined into a timeline. */
export function joinStates(key: Bytes, states: readonly TimelineState[], capacity: number): Timeline {
  const timeline = new Timeline();
  for (const { floor } of states) if (floor !== undefined) timeline.raiseFloor(floor);
  for (const state of states) {
    for (const { kind, score, member } of operationsOf(key, state)) {
      timeline.apply({ score, member, deleted: kind === 'delete' }, capacity);
    }
  }
  return timeline;
}

/** What `state` lacks of `joined`. */
export function missingFrom(key: Bytes, state: TimelineState, joined: TimelineState): ReplicaOperation[] {
  const known = new Set(operationsOf(key, state).map(identity));
  const missing: ReplicaOperation[] = operationsOf(key, joined).filter(
    (operation) => !known.has(identity(operation)),
  );
  return [...missing, ...floorRepair(key, state.floor, joined.floor)];
}

async function resolveByProbe(
  key: Bytes,
  answers: readonly Answer[],
  windows: readonly Window[],
  options: ReadOptions,
): Promise<Resolved | undefined> {
  const members = disputedMembers(windows);
  const replies = await Promise.all(answers.map(({ cluster }) => cluster.probe(key, members)));
  const probes = valuesOf(replies);
  if (probes.length < replies.length) return undefined;
  const floor = [...probes, ...windows].map((part) => part.floor).reduce(maxFloor, undefined);
  const winners = members.map((member, m) =>
    winnerOf(
      member,
      probes.map((probe) => probe.members[m]),
    ),
  );
  const disputed = new Set(members);
  const range = { upper: upperBound(options.before, key), lower: lowerBound(options.after, key) };
  const entries = [
    ...windows[0]!.entries.filter(({ member }) => !disputed.has(member)),
    ...winners.filter(
      (winner): winner is Entry => winner !== undefined && !winner.deleted && inRange(winner, range),
    ),
  ]
    .filter((entry) => floor === undefined || comparePositions(entry, floor) > 0)
    .sort((a, b) => comparePositions(b, a))
    .map(({ score, member }) => ({ score, member }));
  const exact = exactPart(entries, windows, options);
  if (exact === undefined) return undefined;
  const repairs = withWork(
    answers.map(({ cluster }, a) => {
      const operations: ReplicaOperation[] = [];
      winners.forEach((winner, m) => {
        const has = probes[a]!.members[m];
        if (winner === undefined || (floor !== undefined && comparePositions(winner, floor) <= 0)) return;
        if (has?.score === winner.score && has.deleted === winner.deleted) return;
        operations.push({
          kind: winner.deleted ? 'delete' : 'insert',
          key,
          score: winner.score,
          member: winner.member,
        });
      });
      return { cluster, operations: [...operations, ...floorRepair(key, probes[a]!.floor, floor)] };
    }),
  );
  return { entries: cut(exact, options), repairs };
}

async function resolveByState(
  key: Bytes,
  answers: readonly Answer[],
  options: ReadOptions,
  capacity: number,
): Promise<Resolved> {
  const replies = await Promise.all(answers.map(async ({ cluster }) => (await cluster.states([key]))[0]!));
  const states = valuesOf(replies);
  if (states.length === 0) return { entries: undefined, repairs: [] };
  const timeline = joinStates(key, states, capacity);
  const joined = timeline.state();
  const repairs = answers.flatMap(({ cluster }, a) => {
    const reply = replies[a]!;
    return 'error' in reply ? [] : [{ cluster, operations: missingFrom(key, reply.value, joined) }];
  });
  const result = readTimeline(key, timeline, options);
  return { entries: 'error' in result ? undefined : result.entries, repairs: withWork(repairs) };
}

/** Members that are not live with one score in every window. Elsewhere such a member can have no tombstone. */
function disputedMembers(windows: readonly Window[]): Bytes[] {
  const seen = new Map<Bytes, { score: number; windows: number }>();
  for (const { entries } of windows) {
    for (const { score, member } of entries) {
      const known = seen.get(member);
      if (known === undefined) seen.set(member, { score, windows: 1 });
      else if (known.score === score) known.windows++;
    }
  }
  return [...seen].filter(([, { windows: count }]) => count < windows.length).map(([member]) => member);
}

function winnerOf(member: Bytes, probed: readonly Probe['members'][number][]): Entry | undefined {
  let winner: Entry | undefined;
  for (const found of probed) {
    if (found === undefined) continue;
    const entry = { member, ...found };
    if (winner === undefined || wins(entry, winner)) winner = entry;
  }
  return winner;
}

/** The entries down to where a full window ends, if they are enough: below that a replica may have more. */
function exactPart(
  entries: readonly Position[],
  windows: readonly Window[],
  { limit, offset = 0 }: ReadOptions,
): readonly Position[] | undefined {
  const wanted = offset + limit;
  const ends = windows
    .filter((window) => window.entries.length >= wanted)
    .map((window) => window.entries.at(-1)!);
  if (ends.length === 0) return entries;
  const end = ends.reduce((a, b) => (comparePositions(a, b) >= 0 ? a : b));
  const exact = entries.filter((entry) => comparePositions(entry, end) >= 0);
  return exact.length >= wanted ? exact : undefined;
}

function inRange(
  position: Position,
  { upper, lower }: { upper: ReturnType<typeof upperBound>; lower: ReturnType<typeof lowerBound> },
): boolean {
  if (upper !== undefined) {
    const order = comparePositions(position, upper);
    if (order > 0 || (order === 0 && !upper.inclusive)) return false;
  }
  if (lower === undefined) return true;
  const order = comparePositions(position, lower);
  return order > 0 || (order === 0 && lower.inclusive);
}

function floorRepair(
  key: Bytes,
  has: Position | undefined,
  joined: Position | undefined,
): ReplicaOperation[] {
  if (joined === undefined || (has !== undefined && comparePositions(has, joined) >= 0)) return [];
  return [{ kind: 'floor', key, score: joined.score, member: joined.member }];
}

function withWork(repairs: readonly Repair[]): Repair[] {
  return repairs.filter(({ operations }) => operations.length > 0);
}

function valuesOf<T>(replies: readonly Reply<T>[]): T[] {
  return replies.flatMap((reply) => ('error' in reply ? [] : [reply.value]));
}

function identity({ kind, score, member }: ReplicaOperation): string {
  return `${kind} ${score} ${member}`;
}
