import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { EngineChoice } from './engines.ts';

/** What `npm start -- …` was asked for. */
export interface StackOptions {
  readonly dev: boolean;
  readonly open: boolean;
  readonly clean: boolean;
  readonly quiet: boolean;
  readonly seed: number;
  readonly requestsPerSecond: number;
  /** First port of the dashboard; the others follow design order unless taken. */
  readonly port: number;
  readonly dataFolder: string;
  /** Absent: timelines on disk. */
  readonly redis: EngineChoice | undefined;
  /** Absent: events by HTTP. */
  readonly kafka: EngineChoice | undefined;
}

export const HELP = `npm start -- [options]

  --no-open        do not open the browser
  --clean          forget everything that earlier runs stored
  --quiet          print the URLs and nothing else
  --seed=42        what the demo services do is drawn from this number
  --rate=40        requests per second of the demo load; 0 for none
  --port=4000      the dashboard's port (shifts when it is taken)
  --data-dir=data  where the servers keep their data and logs
  --redis          timelines in three real redis-servers, started here; --redis="a:1;b:1,c:1" uses a farm that runs
  --kafka          events through a real Kafka, started here; --kafka=host:9092 uses one that runs
`;

/** Throws an Error whose message is meant for the person who typed the options. */
export function parseOptions(argv: readonly string[], root: string): StackOptions {
  const { values } = parseArgs({
    args: argv.map((argument) => (/^--(redis|kafka)$/.test(argument) ? `${argument}=own` : argument)),
    allowNegative: true,
    options: {
      dev: { type: 'boolean', default: false },
      open: { type: 'boolean', default: true },
      clean: { type: 'boolean', default: false },
      quiet: { type: 'boolean', default: false },
      seed: { type: 'string', default: '42' },
      rate: { type: 'string', default: '40' },
      port: { type: 'string', default: '4000' },
      'data-dir': { type: 'string', default: 'data' },
      redis: { type: 'string' },
      kafka: { type: 'string' },
    },
  });
  return {
    dev: values.dev,
    open: values.open,
    clean: values.clean,
    quiet: values.quiet,
    seed: wholeNumber('--seed', values.seed, 0, 2 ** 31),
    requestsPerSecond: wholeNumber('--rate', values.rate, 0, 1000),
    port: wholeNumber('--port', values.port, 1024, 65_000),
    dataFolder: resolve(root, values['data-dir']),
    redis: engine(
      '--redis',
      values.redis,
      /^[^:;,\s]+:\d+([;,][^:;,\s]+:\d+)*$/,
      'a:6379,b:6379;c:6379,d:6379',
    ),
    kafka: engine('--kafka', values.kafka, /^[^:,\s]+:\d+(,[^:,\s]+:\d+)*$/, 'host:9092,host:9093'),
  };
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${flag}: expected a whole number from ${min} to ${max}, found ${JSON.stringify(text)}`);
}

function engine(
  flag: string,
  address: string | undefined,
  pattern: RegExp,
  example: string,
): EngineChoice | undefined {
  if (address === undefined || address === 'own' || pattern.test(address)) return address;
  throw new Error(
    `${flag}: expected nothing (to start one here) or ${example}, found ${JSON.stringify(address)}`,
  );
}
