// npm run bench [-- log feed kafka]: CPU time and throughput of the log, of feeds read from many sources, and of Kafka
// ingest (with a real broker on the same machine). CPU time is steadier than wall time on a busy machine.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feedBenchmark } from './feed.ts';
import { kafkaBenchmark } from './kafka.ts';
import { logBenchmark } from './log.ts';

const benchmarks = { log: logBenchmark, feed: feedBenchmark, kafka: kafkaBenchmark };
const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
try {
  for (const [name, run] of Object.entries(benchmarks)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    await run(join(folder, name), (line) => console.log(`${name}: ${line}`));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
