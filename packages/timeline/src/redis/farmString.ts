import { TimelineError } from '../errors.ts';

/** Where one Redis listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads Roshi's farm string: clusters are parted by `;`, instances of a cluster by `,`, white space is ignored.
 * Each cluster is a full copy; the order of its instances decides which keys each has. IPv6 hosts need brackets.
 * Throws INVALID_CONFIG for an empty cluster, an address that is no `host:port`, or one that occurs twice.
 */
export function parseFarmString(text: string): Address[][] {
  const seen = new Set<string>();
  const clusters = text.replaceAll(/\s/g, '').split(';');
  return clusters.map((cluster, c) => {
    if (cluster === '') throw invalid(`cluster ${c + 1} is empty`);
    return cluster.split(',').map((address) => {
      const [, host, port] = /^(\[[0-9a-fA-F:.]+\]|[^:]+):([0-9]{1,5})$/.exec(address) ?? [];
      if (host === undefined || Number(port) < 1 || Number(port) > 65_535) {
        throw invalid(`expected host:port, found ${JSON.stringify(address)}`);
      }
      if (seen.has(address)) throw invalid(`${address} occurs twice`);
      seen.add(address);
      return { host: host.replaceAll(/[[\]]/g, ''), port: Number(port) };
    });
  });
}

/** How many of `clusters` must confirm a write: a number, or a percentage that is rounded up. Throws INVALID_CONFIG. */
export function parseQuorum(text: string, clusters: number): number {
  const [, number, percent] = /^([0-9]+)(%?)$/.exec(text.trim()) ?? [];
  const quorum = percent === '%' ? Math.ceil((Number(number) / 100) * clusters) : Number(number);
  if (quorum >= 1 && quorum <= clusters) return quorum;
  throw new TimelineError(
    'INVALID_CONFIG',
    `write quorum: expected a number or percentage that makes 1 to ${clusters} clusters, found ${JSON.stringify(text)}`,
  );
}

function invalid(problem: string): TimelineError {
  return new TimelineError('INVALID_CONFIG', `farm string: ${problem}; write "a:6379,b:6379;c:6379,d:6379"`);
}
