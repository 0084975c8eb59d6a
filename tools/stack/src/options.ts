import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

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
}

export const HELP = `npm start -- [options]

  --no-open        do not open the browser
  --clean          forget everything that earlier runs stored
  --quiet          print the URLs and nothing else
  --seed=42        what the demo services do is drawn from this number
  --rate=40        requests per second of the demo load; 0 for none
  --port=4000      the dashboard's port (shifts when it is taken)
  --data-dir=data  where the servers keep their data and logs
`;

/** Throws an Error whose message is meant for the person who typed the options. */
export function parseOptions(argv: readonly string[], root: string): StackOptions {
  const { values } = parseArgs({
    args: [...argv],
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
  };
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`${flag}: expected a whole number from ${min} to ${max}, found ${JSON.stringify(text)}`);
}
