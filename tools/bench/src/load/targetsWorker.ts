import { parentPort, workerData } from 'node:worker_threads';
import { ScrapeTargets } from '../scrapeTargets.ts';

const { series, targets, intervalSeconds } = workerData as {
  readonly series: number;
  readonly targets: number;
  readonly intervalSeconds: number;
};
const port = parentPort!;
const served = await ScrapeTargets.start(series);
port.postMessage(served.config(targets, intervalSeconds));
port.on('message', () => port.postMessage(served.served));
