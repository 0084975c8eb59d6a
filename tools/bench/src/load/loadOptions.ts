import { parseArgs } from 'node:util';
import { wholeNumber } from '../options.ts';

/** What a load test puts on a server. */
export interface LoadOptions {
  /** Series that are remote-written; a multiple of 100. */
  readonly series: number;
  /** Time between two samples of a series. */
  readonly intervalSeconds: number;
  /** Samples of each series. */
  readonly steps: number;
  readonly clients: number;
  /** Targets that are scraped meanwhile, in real time. */
  readonly targets: number;
}

const HOUR_SECONDS = 3600;
const WHOLE: LoadOptions = { series: 500_000, intervalSeconds: 15, steps: 240, clients: 8, targets: 20 };
const QUICK: LoadOptions = { series: 20_000, intervalSeconds: 60, steps: 60, clients: 8, targets: 5 };

export const LOAD_HELP = `npm run bench -w tools/bench -- load [options]

  An hour of samples by remote write, as fast as the server takes them, while targets are scraped and clients send the
  query mix; at 60 % the server is killed (kill -9) and started again. Ends with a table of verdicts.

  --series=${WHOLE.series}       series that are written
  --interval=${WHOLE.intervalSeconds}         seconds between two samples of a series
  --clients=${WHOLE.clients}           query clients
  --targets=${WHOLE.targets}          targets of 500 series that are scraped every 10 seconds
  --quick               ${QUICK.series} series every ${QUICK.intervalSeconds} seconds and ${QUICK.targets} targets, for a look
`;

/** Throws an Error whose message is meant for the person who typed the options. */
export function parseLoadOptions(argv: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      series: { type: 'string' },
      interval: { type: 'string' },
      clients: { type: 'string' },
      targets: { type: 'string' },
      quick: { type: 'boolean', default: false },
    },
  });
  const base = values.quick ? QUICK : WHOLE;
  const number = (flag: keyof typeof values, otherwise: number, [min, max]: [number, number]): number =>
    values[flag] === undefined ? otherwise : wholeNumber(`--${flag}`, String(values[flag]), min, max);
  const hosts = Math.ceil(number('series', base.series, [1000, 4_000_000]) / 100);
  const intervalSeconds = number('interval', base.intervalSeconds, [1, 300]);
  return {
    series: hosts * 100,
    intervalSeconds,
    steps: Math.floor(HOUR_SECONDS / intervalSeconds),
    clients: number('clients', base.clients, [0, 64]),
    targets: number('targets', base.targets, [1, 1000]),
  };
}
