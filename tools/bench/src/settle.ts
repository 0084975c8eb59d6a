import { cpuSeconds } from './processStats.ts';
import type { BenchServer } from './servers.ts';

/** Prometheus and ours look once a minute whether a block is due, and then cut what they were given. */
const MIN_WAIT_MS = 65_000;
const MAX_WAIT_MS = 240_000;
const QUIET_MS = 5000;
const LOOK_MS = 1000;
/** Of a second. */
const IDLE_CPU_SECONDS = 0.1;

/** What `settle` needs to know of time and of processes. */
export interface SettleClock {
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
  readonly cpuSeconds: (pid: number) => number;
}

const REAL: SettleClock = {
  now: () => performance.now(),
  wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  cpuSeconds,
};

/**
 * Waits until the servers have done the work that the writing left them: every one idle for five seconds, no sooner
 * than a minute after the last write. Gives up waiting after four minutes, and then gives false.
 */
export async function settle(servers: readonly Pick<BenchServer, 'pid'>[], clock = REAL): Promise<boolean> {
  const start = clock.now();
  let busyAt = start;
  let before = servers.map(({ pid }) => clock.cpuSeconds(pid));
  while (clock.now() - start < MAX_WAIT_MS) {
    if (clock.now() - start >= MIN_WAIT_MS && clock.now() - busyAt >= QUIET_MS) return true;
    await clock.wait(LOOK_MS);
    const used = servers.map(({ pid }) => clock.cpuSeconds(pid));
    if (used.some((seconds, i) => seconds - before[i]! > IDLE_CPU_SECONDS)) busyAt = clock.now();
    before = used;
  }
  return false;
}
