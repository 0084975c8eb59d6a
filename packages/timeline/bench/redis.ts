import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { freePort } from '@binnacle/testing';
import { FarmStore } from '../src/index.ts';
import { fanIn, requestShapes } from './workloads.ts';

/** Three clusters of one real redis-server each, without persistence. Needs redis-server on PATH. */
export async function benchRedis(): Promise<void> {
  const servers: ChildProcess[] = [];
  const addresses: string[] = [];
  try {
    for (let i = 0; i < 3; i++) {
      const port = await freePort();
      servers.push(
        spawn('redis-server', ['--port', String(port), '--save', '', '--dir', '/tmp'], { stdio: 'ignore' }),
      );
      addresses.push(`127.0.0.1:${port}`);
    }
    const store = await openWhenUp(addresses.join(';'));
    await requestShapes('redis x3', store, 200, () => cpuMicrosOf(servers));
    await fanIn('redis x3', store, 100_000, 20, () => cpuMicrosOf(servers));
    await store.close();
  } finally {
    for (const server of servers) server.kill();
  }
}

async function openWhenUp(instances: string): Promise<FarmStore> {
  for (let attempt = 0; ; attempt++) {
    try {
      const store = await FarmStore.open({ instances });
      if (store.health().every(({ down }) => down === undefined)) return store;
      await store.close();
    } catch (error) {
      if (attempt === 50) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** CPU of the servers so far, from /proc (clock ticks of 10 ms). */
function cpuMicrosOf(servers: readonly ChildProcess[]): number {
  let ticks = 0;
  for (const { pid } of servers) {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10_000;
}
