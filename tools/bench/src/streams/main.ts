import { parseArgs } from 'node:util';
import { findExecutable, tempDir } from '@binnacle/testing';
import { startCalibration } from './calibration.ts';
import { measureFeed } from './feed.ts';
import { feedGate, figuresTable, shapeGates, streamGateTable, type StreamGate } from './report.ts';
import { measureShape, type ShapeFigures } from './requests.ts';
import { startStreamServer, type StreamServerName } from './servers.ts';
import { SHAPES } from './shapes.ts';

const HELP = `npm run bench:streams -w tools/bench -- [options]

  --servers=lmdb,farm  stream-service on disk, and on three clusters of one redis-server
  --roshi=PATH         a real roshi-server to run beside them (or ROSHI_SERVER=PATH)
  --rounds=3           how often each shape is sent to each server, in turn
  --seconds=4          how long each time
  --quick              one second a round, and a tenth of the feed's events
  --no-feed            leave the feed of 2,000 sources out
`;

const FACTOR =
  "factor: CPU that Redis needs for Roshi's insert script on this machine, as busy as it is, over the recorded run's.";

const { values } = parseArgs({
  allowNegative: true,
  options: {
    servers: { type: 'string', default: 'lmdb,farm' },
    roshi: { type: 'string', default: process.env['ROSHI_SERVER'] ?? '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    feed: { type: 'boolean', default: true },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else process.exitCode = await main();

/** Gives 1 when a request failed, else 0: gates are for a machine that does nothing else. */
async function main(): Promise<number> {
  requirePrograms(['wrk', 'redis-server']);
  const seconds = Number(values.seconds ?? (values.quick ? 1 : 4));
  const names = values.servers.split(',').map(serverName);
  if (values.roshi !== '') names.push('roshi');
  const figures = await measureAll(names, { rounds: Number(values.rounds), seconds });
  console.log(figuresTable(figures));
  console.log(`\n${FACTOR}\n`);
  const gates: StreamGate[] = shapeGates(figures);
  if (values.feed) {
    const { p50Ms, p99Ms } = await measureFeed(values.quick ? 100_000 : 1_000_000, 200);
    console.log(`feed of 2,000 sources, newest 50: p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms\n`);
    gates.push(feedGate(p99Ms));
  }
  console.log(streamGateTable(gates));
  return figures.some(({ errors }) => errors > 0) ? 1 : 0;
}

async function measureAll(
  names: readonly StreamServerName[],
  options: { readonly rounds: number; readonly seconds: number },
): Promise<ShapeFigures[]> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(tempDir('bench-wrk'), async (dir) => dir.remove());
  const calibration = stack.use(await startCalibration());
  const servers = [];
  for (const name of names) servers.push(stack.use(await startStreamServer(name, values.roshi)));
  const figures: ShapeFigures[] = [];
  for (const shape of SHAPES) {
    console.error(`  ${shape.name}`);
    figures.push(...(await measureShape(shape, servers, calibration, { ...options, folder: folder.path })));
  }
  return figures;
}

function serverName(name: string): StreamServerName {
  if (name === 'lmdb' || name === 'farm') return name;
  throw new Error(`--servers: expected some of lmdb, farm, found ${JSON.stringify(name)}`);
}

function requirePrograms(programs: readonly string[]): void {
  for (const program of programs) {
    if (findExecutable(program) === undefined)
      throw new Error(`${program} is not on this machine: install Debian's package ${program}`);
  }
}
