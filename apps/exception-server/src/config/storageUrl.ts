import { ExceptionServerError } from '../errors.ts';
import type { ConfigFile } from './configSchema.ts';

/** Where the store is: the flag, then `storage.url`, then Periskop's `repository`, then the default. */
export function storageUrlOf(file: ConfigFile, flag: string | undefined, fallback: string): string {
  return (
    flag ??
    file.storage?.url ??
    (file.repository === undefined ? undefined : repositoryUrl(file.repository)) ??
    fallback
  );
}

function repositoryUrl({
  type = 'memory',
  path = '',
  dsn = '',
}: NonNullable<ConfigFile['repository']>): string {
  switch (type) {
    case 'memory':
      return ':memory:';
    case 'sqlite':
      if (path !== '') return path;
      throw badConfig('repository.type sqlite needs repository.path, the file to keep');
    case 'postgres':
      if (dsn !== '') return postgresUrl(dsn);
      throw badConfig('repository.type postgres needs repository.dsn');
    case 'mysql':
      throw badConfig('repository.type mysql is not supported; use postgres or sqlite');
  }
}

/** A connection URL of a libpq text such as `host=db user=me password='a b' dbname=x sslmode=disable`. */
export function postgresUrl(dsn: string): string {
  if (/^postgres(ql)?:\/\//.test(dsn)) return dsn;
  const settings = new Map<string, string>();
  for (const [, name, quoted, plain] of dsn.matchAll(/(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|(\S*))/g)) {
    settings.set(name!, (quoted ?? plain ?? '').replace(/\\(.)/g, '$1'));
  }
  if (settings.size === 0) throw badConfig('repository.dsn: expected postgres://… or host=… user=… dbname=…');
  const take = (name: string): string | undefined => {
    const value = settings.get(name);
    settings.delete(name);
    return value;
  };
  const url = new URL('postgres://localhost');
  const host = take('host') ?? 'localhost';
  if (host.startsWith('/')) url.searchParams.set('host', host);
  else url.hostname = host;
  url.port = take('port') ?? '';
  url.username = encodeURIComponent(take('user') ?? '');
  url.password = encodeURIComponent(take('password') ?? '');
  url.pathname = `/${encodeURIComponent(take('dbname') ?? '')}`;
  const sslmode = take('sslmode');
  if (sslmode !== undefined) url.searchParams.set('sslmode', sslmode);
  return url.href;
}

function badConfig(message: string): ExceptionServerError {
  return new ExceptionServerError('EXCEPTIONS_BAD_CONFIG', message);
}
