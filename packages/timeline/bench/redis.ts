import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { freePort, startProcess, type RunningProcess } from '@binnacle/testing';
import { FarmStore } from '../src/index.ts';
import { fanIn, requestShapes } from './workloads.ts';

/** Three clusters of one real redis-server each, without persistence. Needs redis-server on PATH. */
export async function benchRedis(): Promise<void> {
  const servers: RunningProcess[] = [];
  const addresses: string[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      const port = await freePort();
      const args = ['--port', String(port), '--save', '', '--dir', tmpdir()];
      servers.push(await startProcess({ command: 'redis-server', args, readyOutput: /Ready to accept/ }));
      addresses.push(`127.0.0.1:${port}`);
    }
    const store = await FarmStore.open({ instances: addresses.join(';') });
    await requestShapes('redis x3', store, 200, () => cpuMicrosOf(servers));
    await fanIn('redis x3', store, 100_000, 20, () => cpuMicrosOf(servers));
    await store.close();
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** CPU of the servers so far, from /proc (clock ticks of 10 ms). */
function cpuMicrosOf(servers: readonly RunningProcess[]): number {
  let ticks = 0;
  for (const { child } of servers) {
    const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}
