import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMetrics, type Metrics } from './index.ts';

let metrics: Metrics;
let workers: Worker[];

beforeEach(async () => {
  metrics = createMetrics({
    service: 'clustered',
    version: '1',
    defaultMetrics: false,
    collectTimeoutMs: 1_000,
  });
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('./clusterWorker.fixture.ts', import.meta.url)),
    execArgv: ['-C', '@binnacle/source'],
  });
  workers = await Promise.all([startWorker(), startWorker()]);
});

afterEach(async () => {
  await Promise.all(workers.filter((worker) => !worker.isDead()).map(kill));
  metrics.close();
});

async function startWorker(): Promise<Worker> {
  const worker = cluster.fork();
  await once(worker, 'message');
  return worker;
}

async function order(worker: Worker, message: object): Promise<void> {
  const done = once(worker, 'message');
  worker.send(message);
  await done;
}

async function kill(worker: Worker): Promise<void> {
  const gone = once(worker, 'exit');
  worker.process.kill('SIGKILL');
  await gone;
}

async function render(accept = 'text/plain'): Promise<string> {
  return String((await metrics.render({ accept })).body);
}

describe('the metrics of a cluster', () => {
  it('are those of all workers, each merged as its metric says', async () => {
    await order(workers[0]!, { jobs: 3, depth: 4 });
    await order(workers[1]!, { jobs: 5, depth: 6 });
    const text = await render();
    expect(text).toContain('\njobs_total 8\n');
    expect(text).toContain('\ndepth 10\n');
    expect(text).toContain('\noldest +Inf\n');
    expect(text).toContain('\nbuild_info{service="clustered",version="1"} 1\n');
    expect(text).toContain('size_bytes_bucket{le="10.0"} 2\n');
    expect(text).toContain('binnacle_metric_cluster_workers{state="answered"} 2\n');
    expect(await render('application/openmetrics-text')).toMatch(
      /size_bytes_bucket\{le="10\.0"\} 2 # \{trace_id="t5"\}/,
    );
  });

  it('keep what a worker counted when it has gone, and forget its gauges', async () => {
    await order(workers[0]!, { jobs: 3, depth: 4 });
    await order(workers[1]!, { jobs: 5, depth: 6 });
    await render();
    await kill(workers[0]!);
    const replacement = await startWorker();
    workers.push(replacement);
    await order(replacement, { jobs: 1 });
    for (let scrape = 0; scrape < 2; scrape++) {
      const text = await render();
      expect(text).toContain('\njobs_total 9\n');
      expect(text).toContain('\nsize_bytes_count 3\n');
      expect(text).toContain('\ndepth 6\n');
    }
    await kill(workers[1]!);
    await kill(replacement);
    expect(await render()).toContain('\njobs_total 9\n');
  });

  it('keep what a worker counted that does not answer, and say that one is missing', async () => {
    await order(workers[0]!, { jobs: 3, depth: 4 });
    await order(workers[1]!, { jobs: 5 });
    await render();
    await order(workers[0]!, { isSilent: true });
    const text = await render();
    expect(text).toContain('\njobs_total 8\n');
    expect(text).toContain('\ndepth 0\n');
    expect(text).toContain('binnacle_metric_cluster_workers{state="answered"} 1\n');
    expect(text).toContain('binnacle_metric_cluster_workers{state="missing"} 1\n');
  });
});
