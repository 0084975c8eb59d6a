import { cpSync } from 'node:fs';
import { join } from 'node:path';

/** The servers that a run of the specs drives. */
export interface Stack extends AsyncDisposable {
  /** Where the dashboard answers. */
  readonly url: string;
}

/**
 * The stack at `BINNACLE_URL`, or one of its own: the built dashboard, copied to an empty folder, before an
 * exception-server and a stream-service of fixtures. `events: 'none'` leaves the latter out; `'real'` takes
 * stream-service itself, empty.
 */
export async function startStack({
  events = 'fake',
}: { readonly events?: 'fake' | 'real' | 'none' } = {}): Promise<Stack> {
  const given = process.env['BINNACLE_URL'];
  if (given !== undefined) return { url: given, [Symbol.asyncDispose]: async () => undefined };

  // Imported here: the process that only lists the specs cannot read packages from source.
  const { freePort, startProcess, tempDir } = await import('@binnacle/testing');
  const dashboard = join(import.meta.dirname, '../../dashboard');
  const folder = tempDir('e2e');
  cpSync(join(dashboard, 'dist'), folder.path, { recursive: true });
  const [backendPort, streamPort, port] = [await freePort(), await freePort(), await freePort()];
  const backend = await startProcess({
    command: process.execPath,
    args: [join(dashboard, 'src/testing/fakeMain.ts'), String(backendPort), '42'],
    readyOutput: /fake exception-server on/,
  });
  const streams =
    events === 'none'
      ? null
      : events === 'real'
        ? await startProcess({
            command: process.execPath,
            args: [
              join(import.meta.dirname, '../../stream-service/src/main.ts'),
              `--web.listen-address=127.0.0.1:${streamPort}`,
              `--storage.path=${join(folder.path, 'streams')}`,
            ],
            readyUrl: `http://127.0.0.1:${streamPort}/-/ready`,
          })
        : await startProcess({
            command: process.execPath,
            args: [join(dashboard, 'src/testing/fakeStreamMain.ts'), String(streamPort)],
            readyOutput: /fake stream-service on/,
          });
  const server = await startProcess({
    command: process.execPath,
    args: [
      join(folder.path, 'dashboard.mjs'),
      `--web.listen-address=127.0.0.1:${port}`,
      `--exceptions.url=http://127.0.0.1:${backendPort}`,
      `--events.url=${streams === null ? '' : `http://127.0.0.1:${streamPort}`}`,
    ],
    cwd: folder.path,
    readyUrl: `http://127.0.0.1:${port}/-/ready`,
  });
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      await server.stop();
      await streams?.stop();
      await backend.stop();
      folder.remove();
    },
  };
}
