import { Labels } from '@binnacle/model';
import { uncompress } from 'snappyjs';
import {
  compress,
  decodeWriteV1,
  decompress,
  encodeWriteV1,
  WriteBatch,
  type OutgoingSeries,
} from '../src/index.ts';

/** Remote write decoding on distinct bodies of 5,000 series with one sample each; CPU time of this process. */
const bodies = Array.from({ length: 20 }, (_, round) =>
  encodeWriteV1(
    Array.from({ length: 5000 }, (__, i): OutgoingSeries => {
      const labels = Labels.from({
        __name__: 'http_requests_total',
        instance: `host-${i % 100}:9100`,
        job: 'api',
        handler: `/v${round}/items/${i}`,
        code: '200',
      });
      return { labels, timestamps: new Float64Array([1e12 + round]), values: new Float64Array([i * 1.5]) };
    }),
  ).slice(),
);
const blocks = bodies.map((body) => compress(body).slice());
const rawMb = bodies.reduce((sum, body) => sum + body.length, 0) / 1e6;
const samples = 5000 * bodies.length;
const batch = new WriteBatch();

const measures: Record<string, () => void> = {
  'snappyjs uncompress': () => blocks.forEach((block) => uncompress(block)),
  'snappy decompress': () => blocks.forEach((block) => decompress(block, 1 << 26)),
  'snappy compress': () => bodies.forEach((body) => compress(body)),
  'decode remote write 1.0': () => bodies.forEach((body) => decodeWriteV1(body, batch)),
};
console.log(`remote write, ${bodies.length} bodies, ${rawMb.toFixed(1)} MB raw, Node ${process.version}`);
for (const [name, run] of Object.entries(measures)) {
  for (let i = 0; i < 5; i++) run();
  const rounds = 20;
  const started = process.cpuUsage();
  for (let i = 0; i < rounds; i++) run();
  const spent = process.cpuUsage(started);
  const cpuSeconds = (spent.user + spent.system) / 1e6 / rounds;
  const rate = `${(rawMb / cpuSeconds).toFixed(0)} MB/s`.padStart(10);
  console.log(
    `  ${name.padEnd(26)} ${rate}  ${(samples / cpuSeconds / 1e6).toFixed(2)} M samples per CPU second`,
  );
}
