import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, startProcess, tempDir } from '@binnacle/testing';

/** A real Prometheus that discovers the targets of some scrape configurations, and hardly scrapes them. */
export interface PrometheusPeer extends AsyncDisposable {
  /** The data of its `/api/v1/targets`. */
  targets<T>(): Promise<T>;
}

/** Starts it; every configuration gets the longest of intervals. */
export async function startPrometheus(scrapeConfigs: readonly object[]): Promise<PrometheusPeer> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(tempDir('prometheus'));
  const scrape_configs = scrapeConfigs.map((config) => ({
    scrape_interval: '1h',
    scrape_timeout: '1s',
    ...config,
  }));
  writeFileSync(join(folder.path, 'prometheus.yml'), JSON.stringify({ scrape_configs }));
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  stack.use(
    await startProcess({
      command: 'prometheus',
      args: [
        `--config.file=${join(folder.path, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(folder.path, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--enable-feature=no-default-scrape-port',
      ],
      readyUrl: `${origin}/-/ready`,
    }),
  );
  const started = stack.move();
  return {
    targets: async <T>() => ((await (await fetch(`${origin}/api/v1/targets`)).json()) as { data: T }).data,
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
