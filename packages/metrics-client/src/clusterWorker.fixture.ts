// A worker process for cluster.test.ts: does what the primary's messages say.
import { createMetrics } from './index.ts';

interface Order {
  readonly jobs?: number;
  readonly depth?: number;
  readonly isSilent?: boolean;
}

const metrics = createMetrics({ service: 'clustered', version: '1', defaultMetrics: false });
const jobs = metrics.counter({ name: 'jobs_total', help: 'Jobs.' });
const depth = metrics.gauge({ name: 'depth', help: 'Depth.' });
const oldest = metrics.gauge({ name: 'oldest', help: 'Oldest.', aggregator: 'min' });
const size = metrics.histogram({ name: 'size_bytes', help: 'S.', buckets: [1, 10], enableExemplars: true });
oldest.set(Infinity);

process.on('message', (order: Order) => {
  if (order.jobs !== undefined) {
    jobs.inc(order.jobs);
    size.observe({ value: order.jobs, exemplarLabels: { trace_id: `t${order.jobs}` } });
  }
  if (order.depth !== undefined) depth.set(order.depth);
  if (order.isSilent === true) metrics.close();
  process.send?.('done');
});
process.send?.('ready');
