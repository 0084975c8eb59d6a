import { parseArgs } from 'node:util';
import { PROFILES, quickProfile, type Profile } from './profiles.ts';
import { PEERS, type Peer } from './servers.ts';

export interface BenchOptions {
  readonly profiles: readonly Profile[];
  readonly peers: readonly Peer[];
  readonly quick: boolean;
  /** How often each request is sent. */
  readonly runs: number;
  readonly scrape: boolean;
}

export const HELP = `npm run bench -w tools/bench -- [options]

  --profile=s10k,s100k,hist            data sets to write and query; none for the scrape alone
  --peers=prometheus,victoria-metrics  what to run beside our server; none for ours alone
  --runs=9                             how often each request is sent
  --quick                              a tenth of the series and fewer runs, for a look; gates are for the whole size
  --no-scrape                          leave the scrape of 200 targets out
`;

/** Throws an Error whose message is meant for the person who typed the options. */
export function parseOptions(argv: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...argv],
    allowNegative: true,
    options: {
      profile: { type: 'string', default: PROFILES.map(({ name }) => name).join(',') },
      peers: { type: 'string', default: PEERS.join(',') },
      runs: { type: 'string' },
      quick: { type: 'boolean', default: false },
      scrape: { type: 'boolean', default: true },
    },
  });
  const names = PROFILES.map(({ name }) => name);
  const chosen = chosenFrom('--profile', values.profile, names);
  const profiles = PROFILES.filter(({ name }) => chosen.includes(name));
  const runs = Number(values.runs ?? (values.quick ? 3 : 9));
  if (!Number.isInteger(runs) || runs < 1 || runs > 1000) {
    throw new Error(`--runs: expected a whole number from 1 to 1000, found ${JSON.stringify(values.runs)}`);
  }
  return {
    profiles: values.quick ? profiles.map(quickProfile) : profiles,
    peers: chosenFrom('--peers', values.peers, PEERS),
    quick: values.quick,
    runs,
    scrape: values.scrape,
  };
}

function chosenFrom<T extends string>(flag: string, text: string, allowed: readonly T[]): T[] {
  if (text === '' || text === 'none') return [];
  return text.split(',').map((name) => {
    const found = allowed.find((one) => one === name);
    if (found !== undefined) return found;
    throw new Error(`${flag}: expected some of ${allowed.join(', ')} or none, found ${JSON.stringify(name)}`);
  });
}
