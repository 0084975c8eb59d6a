import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { startPrometheus } from './prometheus.ts';

/** The servers that a run of the specs drives. */
export interface Stack extends AsyncDisposable {
  /** Where the dashboard answers. */
  readonly url: string;
  /** False when the machine has no Prometheus, or the spec asked for none. */
  readonly hasMetrics: boolean;
}

/**
 * The stack at `BINNACLE_URL`, or one of its own: the built dashboard, copied to an empty folder, before an
 * exception-server of fixtures, and before a Prometheus where the spec asks for metrics.
 */
export async function startStack({ withMetrics = false } = {}): Promise<Stack> {
  const given = process.env['BINNACLE_URL'];
  if (given !== undefined)
    return { url: given, hasMetrics: true, [Symbol.asyncDispose]: async () => undefined };

  // Imported here: the process that only lists the specs cannot read packages from source.
  const { detectComponents, freePort, startProcess, tempDir } = await import('@binnacle/testing');
  const dashboard = join(import.meta.dirname, '../../dashboard');
  const folder = tempDir('e2e');
  cpSync(join(dashboard, 'dist'), folder.path, { recursive: true });
  const [backendPort, port] = [await freePort(), await freePort()];
  const backend = await startProcess({
    command: process.execPath,
    args: [join(dashboard, 'src/testing/fakeMain.ts'), String(backendPort), '42'],
    readyOutput: /fake exception-server on/,
  });
  const hasMetrics = withMetrics && detectComponents().has('prometheus');
  const prometheus = hasMetrics ? await startPrometheus(port) : null;
  const server = await startProcess({
    command: process.execPath,
    args: [
      join(folder.path, 'dashboard.mjs'),
      `--web.listen-address=127.0.0.1:${port}`,
      `--exceptions.url=http://127.0.0.1:${backendPort}`,
      `--metrics.url=${prometheus?.url ?? ''}`,
    ],
    cwd: folder.path,
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    hasMetrics,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await backend.stop();
      await prometheus?.[Symbol.asyncDispose]();
      folder.remove();
    },
  };
}
