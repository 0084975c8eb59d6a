import {
  bytesOf,
  comparePositions,
  type Bytes,
  type TimelineState,
  type TimelineStore,
} from '@binnacle/timeline';

/** Why a member is, or is not, in a timeline. */
export interface Explanation {
  readonly status: 'shown' | 'deleted' | 'evicted' | 'unknown';
  /** In words. */
  readonly reason: string;
  /** Score of the write that decided. */
  readonly score?: number;
  /** Entries before it, newest first. */
  readonly rank?: number;
  readonly live: number;
  readonly tombstones: number;
  /** What lies at or below this cannot be in the timeline. */
  readonly floor?: { readonly score: number; readonly member: string };
  readonly capacity: number;
}

/** Explains one member of a timeline; `score` is that of the write in question, where it is known. */
export async function explainMember(
  store: TimelineStore,
  key: string,
  member: Bytes,
  score: number | undefined,
): Promise<Explanation> {
  const state = await store.state(bytesOf(key));
  const { floor } = state;
  return {
    ...decide(state, member, score),
    live: state.live.length,
    tombstones: state.tombstones.length,
    ...(floor === undefined
      ? {}
      : { floor: { score: floor.score, member: Buffer.from(floor.member, 'latin1').toString('base64') } }),
    capacity: store.capacity,
  };
}

function decide(
  { live, tombstones, floor }: TimelineState,
  member: Bytes,
  score: number | undefined,
): Pick<Explanation, 'status' | 'reason' | 'score' | 'rank'> {
  const rank = live.findIndex((entry) => entry.member === member);
  if (rank >= 0) {
    const shown = live[rank]!;
    return {
      status: 'shown',
      reason: `the insert with score ${shown.score} is the newest write of this member`,
      score: shown.score,
      rank,
    };
  }
  const tombstone = tombstones.find((entry) => entry.member === member);
  if (tombstone !== undefined) {
    return {
      status: 'deleted',
      reason: `the delete with score ${tombstone.score} is the newest write of this member; an insert needs a higher score`,
      score: tombstone.score,
    };
  }
  if (floor !== undefined && (score === undefined || comparePositions({ score, member }, floor) <= 0)) {
    const sure = score !== undefined;
    return {
      status: sure ? 'evicted' : 'unknown',
      reason: sure
        ? `score ${score} is at or below the floor ${floor.score}: newer entries filled the timeline`
        : `nothing newer than the floor ${floor.score} was written; what is older was evicted or never there`,
    };
  }
  return { status: 'unknown', reason: 'no write of this member reached the timeline' };
}
