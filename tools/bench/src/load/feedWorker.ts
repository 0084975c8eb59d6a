import { parentPort, workerData } from 'node:worker_threads';
import { sendFeed, type FeedOptions } from './feed.ts';

/** A thread of its own, so that generating samples does not hold up the clients that measure. */
const port = parentPort!;
const result = await sendFeed(workerData as FeedOptions, (progress) => port.postMessage({ progress }));
port.postMessage({ result });
