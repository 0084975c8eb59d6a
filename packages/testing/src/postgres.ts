import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { findPostgresBinary } from './components.ts';
import { freePort } from './freePort.ts';
import { startProcess } from './startProcess.ts';
import { tempDir } from './tempDir.ts';

export interface PostgresServer extends AsyncDisposable {
  /** `postgres://…` of an empty database. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Starts a real PostgreSQL on a free port with its data in a temporary folder. PostgreSQL refuses to run as
 * root, so under root it runs as Debian's `postgres` user.
 */
export async function startPostgres(): Promise<PostgresServer> {
  const initdb = findPostgresBinary('initdb');
  const postgres = findPostgresBinary('postgres');
  if (initdb === undefined || postgres === undefined)
    throw new Error('no PostgreSQL server here: apt-get install postgresql');
  const folder = tempDir('postgres');
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chownSync(folder.path, Number(idOf('-u')), Number(idOf('-g')));
  const data = join(folder.path, 'data');
  const [runAs, prefix] = isRoot
    ? ['setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups']]
    : ['env', []];
  execFileSync(
    runAs,
    [
      ...prefix,
      initdb,
      '-D',
      data,
      '-U',
      'binnacle',
      '--auth=trust',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ],
    {
      stdio: 'pipe',
    },
  );
  const port = await freePort();
  const server = await startProcess({
    command: runAs,
    args: [
      ...prefix,
      postgres,
      '-D',
      data,
      '-p',
      String(port),
      '-k',
      folder.path,
      '-c',
      'listen_addresses=127.0.0.1',
      '-F',
    ],
    readyOutput: /ready to accept connections/,
  });
  const stop = async (): Promise<void> => {
    await server.stop('SIGINT');
    folder.remove();
  };
  return { url: `postgres://binnacle@127.0.0.1:${port}/postgres`, stop, [Symbol.asyncDispose]: stop };
}

function idOf(flag: string): string {
  return execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim();
}
