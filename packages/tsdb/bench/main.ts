// Prints the store's figures beside their gates: npm run bench [-- measure...]. Each measure has its own process.
import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';
import { MEASURES, runMeasure, type Figures } from './measures.ts';

interface Gate {
  readonly figure: string;
  readonly key: string;
  readonly gate: number;
  readonly goal: number;
  /** True when more is better. */
  readonly isFloor?: boolean;
}

const GATES: readonly Gate[] = [
  { figure: 'append, known series, CPU s / M samples', key: 's100kAppendCpu', gate: 0.6, goal: 0.3 },
  { figure: 'bytes / sample on disk, hist', key: 'histBytesPerSample', gate: 1.2, goal: 0.9 },
  { figure: 'bytes / sample on disk, s10k', key: 's10kBytesPerSample', gate: 1.4, goal: 1.1 },
  { figure: 'bytes / sample on disk, s10k with starts', key: 'startsBytesPerSample', gate: 1.5, goal: 1.2 },
  { figure: 'append with starts, CPU s / M samples', key: 'startsAppendCpu', gate: 0.6, goal: 0.3 },
  { figure: 'resident bytes / series, 100 k, 2 h', key: 'residentPerSeries', gate: 1500, goal: 1000 },
  { figure: 'decode, M samples / s / core, plain TS', key: 'decodeM', gate: 80, goal: 300, isFloor: true },
  { figure: 'select 1 of 1 M by two matchers, ms', key: 'selectOneMs', gate: 1, goal: 0.3 },
  { figure: 'replay 10 M samples, 100 k series, s', key: 'replayCpuS', gate: 8, goal: 3 },
  { figure: '1 M active series, GiB resident', key: 'millionRssGiB', gate: 3, goal: 1.3 },
  {
    figure: 'append, series after series, CPU s / M samples',
    key: 'backfillSingleAppendCpu',
    gate: 0.6,
    goal: 0.3,
  },
  {
    figure: 'bytes / sample on disk, series after series',
    key: 'backfillSingleBytesPerSample',
    gate: 1.4,
    goal: 1.1,
  },
  { figure: 'churn 24 h: memory at the end / at half', key: 'churnRssGrowth', gate: 1.2, goal: 1.05 },
];

const [only, ...rest] = process.argv.slice(2);
if (only === '--measure') {
  process.stdout.write(`${JSON.stringify(await runMeasure(rest[0]!))}\n`);
} else {
  const figures: Figures = {};
  for (const name of only === undefined ? Object.keys(MEASURES) : [only, ...rest]) {
    process.stderr.write(`measuring ${name}\n`);
    const args = ['--expose-gc', '-C', '@binnacle/source', import.meta.filename, '--measure', name];
    Object.assign(figures, JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Figures);
  }
  console.log(
    `${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, Node ${process.version}\n`,
  );
  console.log('| figure | measured | gate | goal | |\n|---|---|---|---|---|');
  for (const { figure, key, gate, goal, isFloor = false } of GATES) {
    const value = figures[key];
    if (value === undefined) continue;
    const meets = (limit: number): boolean => (isFloor ? value >= limit : value <= limit);
    const verdict = meets(goal) ? 'goal' : meets(gate) ? 'gate' : 'MISSED';
    console.log(`| ${figure} | ${round(value)} | ${gate} | ${goal} | ${verdict} |`);
  }
  console.log(
    `\n${JSON.stringify(Object.fromEntries(Object.entries(figures).map(([k, v]) => [k, round(v)])))}`,
  );
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
