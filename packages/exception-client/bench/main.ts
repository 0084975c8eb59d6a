import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Bench } from 'tinybench';
import { createExceptionCollector, type ReportOptions } from '../src/index.ts';

// What one report() costs, and that memory does not grow with the number of reports. Errors of one site with
// different messages; "stack captured before" leaves out what V8 takes to capture and format a stack.

const GATE_MICROSECONDS = 5;
// The system may count a thread's time in steps of several milliseconds, so a batch takes many of them.
const BATCH = 40_000;

const http: NonNullable<ReportOptions['http']> = {
  method: 'GET',
  url: 'https://shop.example/orders/42?token=secret&page=2',
  headers: {
    host: 'shop.example',
    'user-agent':
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
    accept: 'application/json',
    'accept-language': 'en',
    'accept-encoding': 'gzip, deflate, br',
    authorization: 'Bearer secret',
    cookie: 'session=secret',
    'x-request-id': '0f8fad5b-d9cb-469f-a165-70867728950e',
  },
};

function makeError(index: number): Error {
  return new Error(`order ${index} could not be loaded`);
}

function withStack(error: Error): Error {
  void error.stack;
  return error;
}

function heapMegabytes(): number {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed / 1_048_576;
}

/** Time that this thread has run, in milliseconds: what other programs of the machine take does not count. */
function cpuMilliseconds(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

const collector = createExceptionCollector({ service: 'bench' });
const errors = Array.from({ length: 1_000 }, (_, index) => withStack(makeError(index)));
const labels = { region: 'eu', tenant: 'a' };

const bench = new Bench({ time: 3_000, warmupTime: 500, now: cpuMilliseconds });
const addBatch = (name: string, call: (index: number) => void): void => {
  bench.add(name, () => {
    for (let index = 0; index < BATCH; index++) call(index);
  });
};
const KNOWN = 'report(), known key, stack captured before';
addBatch(KNOWN, (index) => collector.report(errors[index % errors.length]));
addBatch('the same with two labels', (index) => collector.report(errors[index % errors.length], { labels }));
addBatch('the same with an HTTP context of 8 headers', (index) =>
  collector.report(errors[index % errors.length], { http }),
);
addBatch('new Error() and its stack alone', (index) => void withStack(makeError(index)));
addBatch('new Error() and report()', (index) => collector.report(makeError(index)));
await bench.run();
const medians = new Map(
  bench.tasks.map(({ name, result }) => [
    name,
    'latency' in result ? (result.latency.p50 * 1_000) / BATCH : NaN,
  ]),
);

const forMemory = createExceptionCollector({ service: 'bench' });
const reportMany = (from: number, to: number): void => {
  for (let index = from; index < to; index++)
    forMemory.report(makeError(index), { http, key: `key-${index % 2_000}` });
};
// 2,000 keys: 1,000 of their own and the rest under `overflow`. 10 occurrences of each key are kept.
reportMany(0, 20_000);
const heapEarly = heapMegabytes();
reportMany(20_000, 1_000_000);
const heapLate = heapMegabytes();

const oneKey = createExceptionCollector({ service: 'bench' });
const oneKeyHeap: number[] = [];
for (const count of [10_000, 990_000]) {
  for (let index = 0; index < count; index++) oneKey.report(makeError(index));
  oneKeyHeap.push(heapMegabytes());
}
const [oneKeyEarly = NaN, oneKeyLate = NaN] = oneKeyHeap;

console.table(
  Object.fromEntries([...medians].map(([name, median]) => [name, { 'median µs': median.toFixed(2) }])),
);
console.table({
  'one key': {
    'heap MB early': oneKeyEarly.toFixed(1),
    'heap MB after 1,000,000 reports': oneKeyLate.toFixed(1),
  },
  '1,000 keys, overflow and HTTP contexts': {
    'heap MB early': heapEarly.toFixed(1),
    'heap MB after 1,000,000 reports': heapLate.toFixed(1),
  },
});
console.log(
  'early: after 10,000 reports of the one key, and 20,000 of the many (each has its 10 occurrences)',
);

const counted = oneKey.export().aggregated_errors[0]?.total_count;
const growth = Math.max(0, oneKeyLate - oneKeyEarly, heapLate - heapEarly);
const isFast = medians.get(KNOWN)! < GATE_MICROSECONDS;
const isFlat = growth < 2;
console.log(
  `counted ${counted} of 1000000; heap grew by at most ${growth.toFixed(1)} MB: ${isFlat ? 'flat' : 'NOT FLAT'}`,
);
console.log(
  `gate: known key below ${GATE_MICROSECONDS} µs besides stack capture: ${isFast ? 'passed' : 'MISSED'}`,
);
if (!isFast || !isFlat || counted !== 1_000_000) process.exitCode = 1;
