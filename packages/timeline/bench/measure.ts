/** What a run cost: CPU time of this process (and of others, if told), which does not depend on what else runs here. */
export interface Cost {
  readonly seconds: number;
  readonly cpuMicros: number;
}

/** Runs `work` and tells its wall and CPU time. */
export async function measure(work: () => Promise<void>): Promise<Cost> {
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpuMicros: user + system };
}

/** Prints one line: how many units, their rate, and the CPU of each. */
export function report(what: string, units: number, unit: string, { seconds, cpuMicros }: Cost, extra = ''): void {
  const rate = Math.round(units / seconds).toLocaleString('en');
  console.log(`${what.padEnd(44)} ${rate.padStart(10)} ${unit}/s  ${(cpuMicros / units).toFixed(2).padStart(8)} µs CPU each  ${extra}`);
}

/** The value below which a part of the samples lies. Sorts the samples. */
export function quantile(samples: number[], part: number): number {
  samples.sort((a, b) => a - b);
  return samples[Math.min(samples.length - 1, Math.floor(samples.length * part))] ?? NaN;
}

/** Runs `count` calls, `concurrency` at a time. */
export async function inParallel(count: number, concurrency: number, call: (i: number) => Promise<unknown>): Promise<void> {
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
