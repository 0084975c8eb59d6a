/** What a run cost: CPU time of this process (and of others, if told), which does not depend on what else runs here. */
export interface Cost {
  readonly seconds: number;
  readonly cpuMicros: number;
  /** CPU of the servers behind the store. */
  readonly serverMicros: number;
}

/** CPU that the servers behind a store have used so far. */
export type ServerCpu = () => number;

/** Runs `work` and tells its wall and CPU time. */
export async function measure(work: () => Promise<void>, serverCpu: ServerCpu = () => 0): Promise<Cost> {
  const serverBefore = serverCpu();
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return {
    seconds: (performance.now() - start) / 1000,
    cpuMicros: user + system,
    serverMicros: serverCpu() - serverBefore,
  };
}

/** Prints one line: how many units, their rate, and the CPU of each. */
export function report(
  what: string,
  units: number,
  unit: string,
  { seconds, cpuMicros, serverMicros }: Cost,
  extra = '',
): void {
  const rate = Math.round(units / seconds).toLocaleString('en');
  const each = (micros: number): string => (micros / units).toFixed(2).padStart(8);
  const servers = serverMicros > 0 ? ` + ${each(serverMicros)} of the servers` : '';
  console.log(
    `${what.padEnd(44)} ${rate.padStart(10)} ${unit}/s  µs CPU each: ${each(cpuMicros)}${servers}  ${extra}`,
  );
}

/** The value below which a part of the samples lies. Sorts the samples. */
export function quantile(samples: number[], part: number): number {
  samples.sort((a, b) => a - b);
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * part))] ?? NaN;
}

/** Runs `count` calls, `concurrency` at a time. */
export async function inParallel(
  count: number,
  concurrency: number,
  call: (i: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (let i = next++; i < count; i = next++) await call(i);
    }),
  );
}

/** Small repeatable random numbers, so that two runs do the same. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
