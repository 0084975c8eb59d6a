import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findExecutable, freePort, startProcess, tempDir, type RunningProcess } from '@binnacle/testing';

/** A real Prometheus with its own folder. */
export interface PrometheusPeer extends AsyncDisposable {
  readonly url: string;
  readonly process: RunningProcess;
  /** The value of each element of an instant query. */
  values(query: string): Promise<string[]>;
}

/** Starts the machine's Prometheus with a configuration. */
export async function startPrometheus(
  config: string,
  flags: readonly string[] = [],
): Promise<PrometheusPeer> {
  const folder = tempDir('prometheus');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  writeFileSync(join(folder.path, 'prometheus.yml'), config);
  const process = await startProcess({
    command: findExecutable('prometheus') ?? 'prometheus',
    args: [
      `--config.file=${join(folder.path, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder.path, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      ...flags,
    ],
    readyUrl: `${url}/-/ready`,
  });
  return {
    url,
    process,
    values: async (query) => {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`);
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
      return data.result.map(({ value }) => value[1]);
    },
    [Symbol.asyncDispose]: async () => {
      await process.stop();
      folder.remove();
    },
  };
}
