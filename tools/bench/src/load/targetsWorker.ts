import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parentPort, workerData } from 'node:worker_threads';
import { ScrapeTargets } from '../scrapeTargets.ts';

/** Any message to this thread is answered with how long it was kept from running at worst, in seconds. */
const { series, targets, intervalSeconds } = workerData as {
  readonly series: number;
  readonly targets: number;
  readonly intervalSeconds: number;
};
const port = parentPort!;
const delay = monitorEventLoopDelay({ resolution: 20 });
delay.enable();
const served = await ScrapeTargets.start(series);
port.postMessage(served.config(targets, intervalSeconds));
port.on('message', () => port.postMessage(delay.max / 1e9));
