import { Labels } from '@binnacle/model';
import { TextParser, type ExpositionHandler } from '../src/index.ts';

/** Parsing of a 1,000 series body, scrape after scrape: lines where they were, lines that moved, and a plain split. */
const lines = Array.from(
  { length: 1000 },
  (_, i) => `http_requests_total{handler="/items/${i % 50}",code="${200 + (i % 5)}",host="h${i}"} `,
);
const body = (round: number, rotate: number): Buffer =>
  Buffer.from(
    [...lines.slice(rotate), ...lines.slice(0, rotate)]
      .map((line, i) => `${line}${i * 17 + round}.25\n`)
      .join(''),
  );
const still = Array.from({ length: 10 }, (_, round) => body(round, 0));
const moving = Array.from({ length: 10 }, (_, round) => body(round, 100 * round));

let sum = 0;
let refs = 0;
const handler: ExpositionHandler = {
  metadata() {},
  series: () => refs++,
  sample(_ref, value) {
    sum += value;
  },
  exemplar() {},
  histogram() {},
  created() {},
};

const parser = new TextParser();
const measures: Record<string, () => void> = {
  'lines where they were': () => still.forEach((bytes) => parser.parse(bytes, false, handler)),
  'lines that moved': () => moving.forEach((bytes) => parser.parse(bytes, false, handler)),
  'without a memory': () => still.forEach((bytes) => new TextParser().parse(bytes, false, handler)),
  'split and a regex': () => still.forEach(splitAndMatch),
};
console.log(
  `text exposition, 1,000 series, ${(still[0]!.length / 1000).toFixed(0)} kB a body, Node ${process.version}`,
);
for (const [name, run] of Object.entries(measures)) {
  for (let i = 0; i < 20; i++) run();
  const rounds = 50;
  const started = process.cpuUsage();
  for (let i = 0; i < rounds; i++) run();
  const spent = process.cpuUsage(started);
  const cpuSeconds = (spent.user + spent.system) / 1e6 / rounds;
  console.log(`  ${name.padEnd(24)} ${(10_000 / cpuSeconds / 1e6).toFixed(2)} M samples per CPU second`);
}
if (Number.isNaN(sum)) throw new Error('the bodies were not read');

function splitAndMatch(bytes: Buffer): void {
  for (const line of bytes.toString().split('\n')) {
    if (line === '') continue;
    const at = line.lastIndexOf(' ');
    const labels = Object.fromEntries(
      [...line.slice(0, at).matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map((m) => [m[1]!, m[2]!]),
    );
    Labels.from(labels);
    sum += Number(line.slice(at + 1));
  }
}
