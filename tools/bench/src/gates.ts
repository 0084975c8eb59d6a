import { formatTable, short } from './table.ts';

/** What a figure must not exceed, and what it should reach. */
export interface Gate {
  readonly figure: string;
  readonly gate: number;
  readonly goal: number;
}

/** Gates by the name of their profile. A ratio is ours divided by Prometheus's in the same run. */
export const PROFILE_GATES: Readonly<Record<string, ProfileGates>> = {
  s10k: { queries: [0.5, 0.25], bytesPerSample: [1.4, 1.1] },
  s100k: { queries: [0.5, 0.3], writeCpu: [3.2, 1.6] },
  hist: { queries: [0.7, 0.4], bytesPerSample: [1.2, 0.9] },
};

interface ProfileGates {
  readonly queries: readonly [gate: number, goal: number];
  /** Remote write, CPU seconds per million samples. */
  readonly writeCpu?: readonly [gate: number, goal: number];
  readonly bytesPerSample?: readonly [gate: number, goal: number];
}

export interface Measured extends Gate {
  readonly value: number;
}

/** `goal` when the figure reaches its goal, `pass` within its gate, else `FAIL`. */
export function verdict({ value, gate, goal }: Measured): 'goal' | 'pass' | 'FAIL' {
  if (value <= goal) return 'goal';
  return value <= gate ? 'pass' : 'FAIL';
}

/** The closing table. */
export function gateTable(measured: readonly Measured[]): string {
  return formatTable(
    ['figure', 'gate', 'goal', 'measured', 'verdict'],
    measured.map((one) => [one.figure, short(one.gate), short(one.goal), short(one.value), verdict(one)]),
  );
}
