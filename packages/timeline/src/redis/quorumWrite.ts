import type { Bytes, Operation, WriteResult, WriteStatus } from '../contract.ts';
import { TimelineError } from '../errors.ts';
import type { Cluster } from './cluster.ts';
import type { FarmStats } from './farmStats.ts';
import type { ReplicaOperation } from './protocol.ts';

const STATUS: Readonly<Record<string, WriteStatus>> = { a: 'applied', e: 'applied', n: 'noop', r: 'refused' };
const STRENGTH: Readonly<Record<WriteStatus, number>> = { failed: 0, refused: 1, noop: 2, applied: 3 };

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
  const total = operations.length;
  const acks = new Uint8Array(total);
  const fails = new Uint8Array(total);
  const statuses: WriteStatus[] = Array.from({ length: total }, () => 'failed');
  const evicting = new Uint8Array(total);
  const causes = new Map<Bytes, TimelineError[]>();
  let undecided = total;
  let finished = false;
  return new Promise((resolve) => {
    const finish = (): void => {
      if (undecided > 0 || finished) return;
      finished = true;
      let evicted = 0;
      const errors = new Map<Bytes, TimelineError>();
      const final = statuses.map((status, i): WriteStatus => {
        if (acks[i]! >= quorum) {
          evicted += evicting[i]!;
          return status;
        }
        const { key } = operations[i]!;
        stats.quorumFailures++;
        errors.set(key, noQuorum(acks[i]!, quorum, causes.get(key) ?? []));
        return 'failed';
      });
      resolve({ statuses: final, evicted, errors });
    };
    const acknowledge = (i: number, letter: string): void => {
      const status = STATUS[letter]!;
      if (STRENGTH[status] > STRENGTH[statuses[i]!]) statuses[i] = status;
      if (letter === 'e') evicting[i] = 1;
      if (++acks[i]! === quorum) undecided--;
    };
    const refuse = (i: number, error: TimelineError): void => {
      const { key } = operations[i]!;
      const known = causes.get(key) ?? [];
      if (!known.includes(error)) causes.set(key, [...known, error]);
      if (++fails[i]! === clusters.length - quorum + 1) undecided--;
    };
    for (const cluster of clusters) {
      for (const { indexes, statuses: letters } of cluster.write(operations)) {
        letters.then(
          (text) => {
            indexes.forEach((index, n) => acknowledge(index, text[n]!));
            finish();
          },
          (error: TimelineError) => {
            stats.replicaWriteFailures += indexes.length;
            for (const index of indexes) refuse(index, error);
            finish();
          },
        );
      }
    }
    finish();
  });
}

function noQuorum(acks: number, quorum: number, causes: readonly TimelineError[]): TimelineError {
  const reasons = [...new Set(causes.map(({ message }) => message))].join('; ');
  return new TimelineError('NO_QUORUM', `no quorum: ${acks} of ${quorum} clusters confirmed (${reasons})`);
}
