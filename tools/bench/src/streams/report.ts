import { formatTable, short } from '../table.ts';
import type { ShapeFigures } from './requests.ts';
import type { Shape } from './shapes.ts';

/** A figure with what it must reach. */
export interface StreamGate {
  readonly figure: string;
  readonly gate: number;
  readonly goal?: number;
  readonly measured: number;
  readonly lowerIsBetter?: boolean;
}

/** Tuples a second with the LMDB store. */
const LMDB_TUPLES = { gate: 150_000, goal: 300_000 };
const FEED_P99_MS = { gate: 50, goal: 25 };

/** One line a shape and server. */
export function figuresTable(figures: readonly ShapeFigures[]): string {
  const header = [
    'shape',
    'server',
    'req/s',
    'tuples/s',
    'p50 ms',
    'p99 ms',
    'µs CPU server',
    'redis',
    'errors',
  ];
  return formatTable(
    header,
    figures.map(({ shape, server, ...figure }) => [
      shape.name,
      server,
      short(figure.requestsPerSecond),
      shape.tuples === 0 ? '-' : short(figure.requestsPerSecond * shape.tuples),
      short(figure.p50Ms),
      short(figure.p99Ms),
      short(figure.ownMicros),
      short(figure.redisMicros),
      short(figure.factor),
      String(figure.errors),
    ]),
  );
}

/**
 * The gates of the shapes. Beside a real roshi-server they are ratios of requests a second; without it, of the CPU of
 * a request: Roshi's recorded one times how slow the machine was meanwhile, over ours.
 */
export function shapeGates(figures: readonly ShapeFigures[]): StreamGate[] {
  const gates: StreamGate[] = [];
  for (const shape of new Set(figures.map((one) => one.shape))) {
    const of = (name: string): ShapeFigures | undefined =>
      figures.find(({ shape: its, server }) => its === shape && server === name);
    const [farm, roshi, lmdb] = [of('farm'), of('roshi'), of('lmdb')];
    if (farm !== undefined && roshi !== undefined) {
      const measured = farm.requestsPerSecond / roshi.requestsPerSecond;
      gates.push({ figure: `${shape.name}: requests/s over roshi-server`, gate: shape.gate, measured });
    } else if (farm !== undefined) {
      const measured = (recordedCpu(shape) * farm.factor) / (farm.ownMicros + farm.redisMicros);
      gates.push({
        figure: `${shape.name}: CPU of recorded Roshi, scaled, over ours`,
        gate: shape.gate,
        measured,
      });
    }
    if (lmdb !== undefined && shape.name === 'insert 100') {
      const measured = lmdb.requestsPerSecond * shape.tuples;
      gates.push({ figure: 'insert 100 on LMDB: tuples/s', ...LMDB_TUPLES, measured });
    }
  }
  return gates;
}

/** The gate of feeds. */
export function feedGate(p99Ms: number): StreamGate {
  return { figure: 'feed of 2,000 sources: p99 ms', ...FEED_P99_MS, measured: p99Ms, lowerIsBetter: true };
}

/** `goal`, `pass` or `FAIL`. */
export function streamVerdict({ gate, goal, measured, lowerIsBetter = false }: StreamGate): string {
  const reaches = (wanted: number): boolean => (lowerIsBetter ? measured <= wanted : measured >= wanted);
  if (goal !== undefined && reaches(goal)) return 'goal';
  return reaches(gate) ? 'pass' : 'FAIL';
}

/** The closing table. */
export function streamGateTable(gates: readonly StreamGate[]): string {
  return formatTable(
    ['figure', 'gate', 'goal', 'measured', 'verdict'],
    gates.map((one) => [
      one.figure,
      short(one.gate),
      one.goal === undefined ? '-' : short(one.goal),
      short(one.measured),
      streamVerdict(one),
    ]),
  );
}

function recordedCpu({ recordedMicros }: Shape): number {
  return recordedMicros.roshi + recordedMicros.redis;
}
