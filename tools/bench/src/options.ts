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
  const runs = wholeNumber('--runs', values.runs ?? (values.quick ? '3' : '9'), 1, 1000);
  return {
    profiles: values.quick ? profiles.map(quickProfile) : profiles,
    peers: chosenFrom('--peers', values.peers, PEERS),
    quick: values.quick,
    runs,
    scrape: values.scrape,
  };
}

/** The value of a flag. Throws an Error that says what was expected. */
export function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new Error(`${flag}: expected a whole number from ${min} to ${max}, found ${JSON.stringify(text)}`);
}

function chosenFrom<T extends string>(flag: string, text: string, allowed: readonly T[]): T[] {
  if (text === '' || text === 'none') return [];
  return text.split(',').map((name) => {
    const found = allowed.find((one) => one === name);
    if (found !== undefined) return found;
    throw new Error(`${flag}: expected some of ${allowed.join(', ')} or none, found ${JSON.stringify(name)}`);
  });
}
