import type { AddressInfo } from 'node:net';
import { ServiceError } from '../errors.ts';
import type { ServiceApp } from '../serviceDefinition.ts';
import { parseListenAddress } from './listenAddress.ts';

/** Binds the app to `--web.listen-address`. Throws ServiceError that says what to do. */
export async function listen(app: ServiceApp, listenAddress: string): Promise<AddressInfo> {
  const { host, port } = parseListenAddress(listenAddress);
  try {
    await listenOn(app, host, port);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    const reason = LISTEN_ERRORS[code] ?? (error as Error).message;
    throw new ServiceError('LISTEN_FAILED', `cannot listen on ${listenAddress}: ${reason}`, { cause: error });
  }
  return app.server.address() as AddressInfo;
}

/** Every interface is `::`, which takes IPv4 too, unless the machine has no IPv6. */
async function listenOn(app: ServiceApp, host: string, port: number): Promise<void> {
  if (host !== '') {
    // Fastify would open a second listener for the name localhost, past the settings of the first.
    await app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port, listenTextResolver });
    return;
  }
  try {
    await app.listen({ host: '::', port, listenTextResolver });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAFNOSUPPORT') throw error;
    await app.listen({ host: '0.0.0.0', port, listenTextResolver });
  }
}

const listenTextResolver = (address: string): string => `listening on ${address}`;

const LISTEN_ERRORS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; stop it or choose another --web.listen-address',
  EACCES: 'permission denied; ports below 1024 need privileges, choose another --web.listen-address',
  EADDRNOTAVAIL: 'this machine has no such address; choose another --web.listen-address',
  ENOTFOUND: 'the host name is not known; choose another --web.listen-address',
};
