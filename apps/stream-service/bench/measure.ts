/** Runs something and says what one of its `count` units cost. */
export async function measure(count: number, work: () => Promise<unknown>): Promise<string> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const micros = (user + system) / count;
  return `${Math.round(count / seconds)}/s, ${micros.toFixed(2)} µs CPU each (${count} in ${seconds.toFixed(1)} s)`;
}

/** A percentile of numbers. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))]!;
}
