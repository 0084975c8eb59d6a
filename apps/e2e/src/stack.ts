import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { startMetricsServer, type MetricsServerKind } from './metricsServer.ts';

/** The servers that a run of the specs drives. */
export interface Stack extends AsyncDisposable {
  /** Where the dashboard answers. */
  readonly url: string;
  /** False when the spec asked for no metrics server, or for a Prometheus that the machine does not have. */
  readonly hasMetrics: boolean;
}

/**
 * The stack at `BINNACLE_URL`, or one of its own: the built dashboard, copied to an empty folder, before an
 * exception-server and a stream-service of fixtures. `events: 'none'` leaves the latter out; `'real'` takes
 * stream-service itself, empty. `metrics` adds a metrics server; Prometheus, where the machine has one.
 */
export async function startStack({
  events = 'fake',
  metrics = 'none',
}: {
  readonly events?: 'fake' | 'real' | 'none';
  readonly metrics?: MetricsServerKind | 'none';
} = {}): Promise<Stack> {
  const given = process.env['BINNACLE_URL'];
  if (given !== undefined)
    return { url: given, hasMetrics: true, [Symbol.asyncDispose]: async () => undefined };

  // Imported here: the process that only lists the specs cannot read packages from source.
  const { detectComponents, freePort, startProcess, tempDir } = await import('@binnacle/testing');
  const dashboard = join(import.meta.dirname, '../../dashboard');
  // Whatever is started goes again when a later step fails.
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('e2e'));
  cpSync(join(dashboard, 'dist'), folder.path, { recursive: true });
  const [backendPort, streamPort, port] = [await freePort(), await freePort(), await freePort()];
  const start = async (args: readonly string[], ready: RegExp | string): Promise<void> => {
    const isUrl = typeof ready === 'string';
    const command = process.execPath;
    const options = { command, args, cwd: folder.path };
    resources.use(
      await startProcess({ ...options, ...(isUrl ? { readyUrl: ready } : { readyOutput: ready }) }),
    );
  };
  const testing = (file: string): string => join(dashboard, 'src/testing', file);
  await start([testing('fakeMain.ts'), String(backendPort), '42'], /fake exception-server on/);
  if (events === 'fake') {
    await start([testing('fakeStreamMain.ts'), String(streamPort)], /fake stream-service on/);
  }
  if (events === 'real') {
    await start(
      [
        join(import.meta.dirname, '../../stream-service/src/main.ts'),
        `--web.listen-address=127.0.0.1:${streamPort}`,
        `--storage.path=${join(folder.path, 'streams')}`,
      ],
      `http://127.0.0.1:${streamPort}/-/ready`,
    );
  }
  const isThere = metrics !== 'prometheus' || detectComponents().has('prometheus');
  const metricsServer =
    metrics !== 'none' && isThere ? resources.use(await startMetricsServer(metrics, port)) : null;
  await start(
    [
      join(folder.path, 'dashboard.mjs'),
      `--web.listen-address=127.0.0.1:${port}`,
      `--exceptions.url=http://127.0.0.1:${backendPort}`,
      `--events.url=${events === 'none' ? '' : `http://127.0.0.1:${streamPort}`}`,
      `--metrics.url=${metricsServer?.url ?? ''}`,
    ],
    `http://127.0.0.1:${port}/-/ready`,
  );
  const started = resources.move();
  return {
    url: `http://127.0.0.1:${port}`,
    hasMetrics: metricsServer !== null,
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}
