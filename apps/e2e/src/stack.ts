import { cpSync } from 'node:fs';
import { join } from 'node:path';

/** The servers that a run of the specs drives. */
export interface Stack extends AsyncDisposable {
  /** Where the dashboard answers. */
  readonly url: string;
}

/**
 * The stack at `BINNACLE_URL`, or one of its own: the built dashboard, copied to an empty folder, before an
 * exception-server of fixtures.
 */
export async function startStack(): Promise<Stack> {
  const given = process.env['BINNACLE_URL'];
  if (given !== undefined) return { url: given, [Symbol.asyncDispose]: async () => undefined };

  // Imported here: the process that only lists the specs cannot read packages from source.
  const { freePort, startProcess, tempDir } = await import('@binnacle/testing');
  const dashboard = join(import.meta.dirname, '../../dashboard');
  // Whatever is started goes again when a later step fails.
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('e2e'));
  cpSync(join(dashboard, 'dist'), folder.path, { recursive: true });
  const [backendPort, port] = [await freePort(), await freePort()];
  resources.use(
    await startProcess({
      command: process.execPath,
      args: [join(dashboard, 'src/testing/fakeMain.ts'), String(backendPort), '42'],
      readyOutput: /fake exception-server on/,
    }),
  );
  resources.use(
    await startProcess({
      command: process.execPath,
      args: [
        join(folder.path, 'dashboard.mjs'),
        `--web.listen-address=127.0.0.1:${port}`,
        `--exceptions.url=http://127.0.0.1:${backendPort}`,
      ],
      cwd: folder.path,
      readyUrl: `http://127.0.0.1:${port}/-/ready`,
    }),
  );
  const started = resources.move();
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => started[Symbol.asyncDispose](),
  };
}
