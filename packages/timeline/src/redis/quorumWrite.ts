import type { Bytes, Operation, WriteResult, WriteStatus } from '../contract.ts';
import { TimelineError } from '../errors.ts';
import type { Cluster } from './cluster.ts';
import type { FarmStats } from './farmStats.ts';
import type { ReplicaOperation } from './protocol.ts';

/** By strength: what one replica applied counts as applied. */
const STATUSES: readonly WriteStatus[] = ['failed', 'refused', 'noop', 'applied'];
const [EVICTING, REFUSED, NOOP] = [...'ern'].map((letter) => letter.charCodeAt(0));

/**
 * Sends operations to all clusters and resolves when every one of them has its quorum or cannot get it any more. The
 * quorum is counted per operation, so one dead shard in each of two clusters fails nothing when they hold different
 * keys. Slower clusters go on behind; what was written without a quorum stays.
 */
export function writeWithQuorum(
  clusters: readonly Cluster[],
  operations: readonly (Operation | ReplicaOperation)[],
  quorum: number,
  stats: FarmStats,
): Promise<WriteResult> {
  const tally = new Tally(operations, clusters.length, quorum);
  if (operations.length === 0) return Promise.resolve(tally.result(stats));
  const batch = clusters[0]!.batchOfWrites(operations);
  return new Promise((resolve) => {
    const finish = (): void => {
      if (tally.undecided === 0 && !tally.told) resolve(tally.result(stats));
    };
    for (const cluster of clusters) {
      for (const { indexes, statuses } of cluster.write(batch)) {
        statuses.then(
          (letters) => {
            tally.acknowledge(indexes, letters);
            finish();
          },
          (error: TimelineError) => {
            stats.replicaWriteFailures += indexes.length;
            tally.refuse(indexes, error);
            finish();
          },
        );
      }
    }
  });
}

/** Counts who confirmed what. */
class Tally {
  /** Operations that may still get their quorum, or lose it. */
  undecided: number;
  told = false;
  readonly #operations: readonly ReplicaOperation[];
  readonly #quorum: number;
  readonly #failing: number;
  readonly #acks: Uint8Array;
  readonly #fails: Uint8Array;
  readonly #strengths: Uint8Array;
  readonly #evicting: Uint8Array;
  readonly #causes = new Map<Bytes, Set<TimelineError>>();

  constructor(operations: readonly ReplicaOperation[], clusters: number, quorum: number) {
    const { length } = operations;
    this.undecided = length;
    this.#operations = operations;
    this.#quorum = quorum;
    this.#failing = clusters - quorum + 1;
    this.#acks = new Uint8Array(length);
    this.#fails = new Uint8Array(length);
    this.#strengths = new Uint8Array(length);
    this.#evicting = new Uint8Array(length);
  }

  acknowledge(indexes: readonly number[], letters: string): void {
    for (let n = 0; n < indexes.length; n++) {
      const i = indexes[n]!;
      const letter = letters.charCodeAt(n);
      const strength = letter === REFUSED ? 1 : letter === NOOP ? 2 : 3;
      if (strength > this.#strengths[i]!) this.#strengths[i] = strength;
      if (letter === EVICTING) this.#evicting[i] = 1;
      if (++this.#acks[i]! === this.#quorum) this.undecided--;
    }
  }

  refuse(indexes: readonly number[], error: TimelineError): void {
    for (const i of indexes) {
      const { key } = this.#operations[i]!;
      const causes = this.#causes.get(key);
      if (causes === undefined) this.#causes.set(key, new Set([error]));
      else causes.add(error);
      if (++this.#fails[i]! === this.#failing) this.undecided--;
    }
  }

  result(stats: FarmStats): WriteResult {
    this.told = true;
    const statuses: WriteStatus[] = [];
    const errors = new Map<Bytes, TimelineError>();
    let evicted = 0;
    for (let i = 0; i < this.#operations.length; i++) {
      if (this.#acks[i]! >= this.#quorum) {
        statuses.push(STATUSES[this.#strengths[i]!]!);
        evicted += this.#evicting[i]!;
        continue;
      }
      const { key } = this.#operations[i]!;
      statuses.push('failed');
      stats.quorumFailures++;
      errors.set(key, noQuorum(this.#acks[i]!, this.#quorum, this.#causes.get(key) ?? new Set()));
    }
    return { statuses, evicted, errors };
  }
}

function noQuorum(acks: number, quorum: number, causes: ReadonlySet<TimelineError>): TimelineError {
  const reasons = [...new Set([...causes].map(({ message }) => message))].join('; ');
  return new TimelineError('NO_QUORUM', `no quorum: ${acks} of ${quorum} clusters confirmed (${reasons})`);
}
