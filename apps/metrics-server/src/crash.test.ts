import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Labels } from '@binnacle/model';
import { compress, encodeWriteV1 } from '@binnacle/remote-protocol';
import { freePort, startProcess, tempDir, type RunningProcess } from '@binnacle/testing';
import { expect, it } from 'vitest';

const SERIES = 50;

function startServer(folder: string, port: number): Promise<RunningProcess> {
  return startProcess({
    command: process.execPath,
    args: [
      '-C',
      '@binnacle/source',
      join(import.meta.dirname, 'main.ts'),
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--storage.tsdb.max-series=10000',
      `--web.listen-address=127.0.0.1:${port}`,
      '--web.enable-remote-write-receiver',
    ],
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
    timeoutMs: 60_000,
  });
}

/** One sample of every series, at the same time. */
function requestAt(timeMs: number): Uint8Array<ArrayBuffer> {
  const series = Array.from({ length: SERIES }, (_, i) => ({
    labels: Labels.from({ __name__: 'a', i: String(i) }),
    timestamps: Float64Array.of(timeMs),
    values: Float64Array.of(timeMs),
  }));
  return new Uint8Array(compress(encodeWriteV1(series)));
}

it(
  'has everything that it acknowledged when it is killed under load and started again',
  { timeout: 120_000 },
  async () => {
    using folder = tempDir('crash');
    writeFileSync(join(folder.path, 'prometheus.yml'), '');
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/api/v1`;
    const begin = Date.now() - 60_000;
    let acknowledged = 0;
    for (let round = 0; round < 2; round++) {
      await using server = await startServer(folder.path, port);
      const until = acknowledged + 150;
      const kill = setTimeout(() => server.child.kill('SIGKILL'), 1500);
      try {
        while (acknowledged < until) {
          const answer = await fetch(`${url}/write`, {
            method: 'POST',
            headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' },
            body: requestAt(begin + acknowledged * 10),
          });
          if (answer.status !== 204) throw new Error(`${answer.status}: ${await answer.text()}`);
          acknowledged++;
        }
      } catch (error) {
        // The request that the kill has cut; it may be there or not.
        if (!(error instanceof TypeError)) throw error;
      }
      clearTimeout(kill);
      server.child.kill('SIGKILL');
    }
    expect(acknowledged).toBeGreaterThan(10);
    await using _ = await startServer(folder.path, port);
    const time = (begin + acknowledged * 10) / 1000;
    const params = new URLSearchParams({ query: 'min(count_over_time(a[10m]))', time: String(time) });
    const { data } = (await (await fetch(`${url}/query?${params}`)).json()) as {
      data: { result: { value: [number, string] }[] };
    };
    const stored = Number(data.result[0]!.value[1]);
    expect(stored).toBeGreaterThanOrEqual(acknowledged);
    expect(stored).toBeLessThanOrEqual(acknowledged + 1);
  },
);
