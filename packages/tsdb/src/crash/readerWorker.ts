// Reads a shared store over and over, for a test: says how many samples each series has, and where they disagree.
import { parentPort, workerData } from 'node:worker_threads';
import { Matcher } from '@binnacle/model';
import { createSampleBuffer } from '../db/series.ts';
import type { openShared } from '../db/sharedReader.ts';

const { handle, module } = workerData as { handle: unknown; module: string };
const opener = (await import(module)) as { openShared: typeof openShared };
const reader = opener.openShared(handle);
const out = createSampleBuffer();
for (;;) {
  let torn = 0;
  let lengths: number[] = [];
  for (let round = 0; round < 4; round++) {
    const set = reader.select([new Matcher('=', '__name__', 'm')], { minMs: 0, maxMs: 1e9 });
    lengths = Array.from({ length: set.length }, (_, i) => {
      set.read(i, out);
      return out.length;
    });
    if (lengths.length !== 300 || lengths.some((length) => length !== lengths[0])) torn++;
  }
  parentPort!.postMessage({ lengths, torn }, []);
}
