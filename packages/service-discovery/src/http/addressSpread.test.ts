import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { TLSSocket } from 'node:tls';
import { waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { TEST_CERTIFICATE, TEST_KEY } from '../testing/tlsFixture.ts';
import { systemAddresses, type AddressLookup } from './addressSpread.ts';
import { createHttpClient, type HttpClient, type HttpClientOptions } from './httpClient.ts';
import type { HttpClientConfig } from '../schema/httpClientSchema.ts';
import { readBody } from './readBody.ts';

/** Servers on the same port of several addresses of this machine; each answers with its address, Host and SNI. */
class Servers implements AsyncDisposable {
  readonly sockets = new Map<string, Set<Socket>>();
  readonly #servers: Server[] = [];
  port = 0;

  static async start(addresses: readonly string[], secure = false): Promise<Servers> {
    const servers = new Servers();
    for (const address of addresses) {
      const own = new Set<Socket>();
      servers.sockets.set(address, own);
      const server = secure ? createTlsServer({ cert: TEST_CERTIFICATE, key: TEST_KEY }) : createServer();
      // Connections end when the client ends them.
      server.keepAliveTimeout = 600_000;
      server.on('request', ({ headers, socket }, response) => {
        const { servername = '' } = socket as TLSSocket;
        response.end(`${address} ${headers.host} ${servername || ''}`.trim());
      });
      server.on('connection', (socket: Socket) => {
        own.add(socket);
        socket.on('close', () => own.delete(socket));
      });
      await new Promise<void>((resolve) => server.listen(servers.port, address, resolve));
      servers.port = (server.address() as AddressInfo).port;
      servers.#servers.push(server);
    }
    return servers;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  }
}

/** Other systems have no more than one loopback address of IPv4. */
const onLinux = it.skipIf(process.platform !== 'linux');
const withIpv6 = it.skipIf(
  !Object.values(networkInterfaces())
    .flat()
    .some((one) => one?.address === '::1'),
);
const ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];

async function ask(client: HttpClient, url: string): Promise<string> {
  return (await readBody(await client.request(url), 1000)).toString();
}

function client(addressesOf: AddressLookup, config: HttpClientConfig = {}, more: HttpClientOptions = {}) {
  const made = createHttpClient(config, { ...more, addressesOf });
  return Object.assign(made, { [Symbol.asyncDispose]: () => made.close() });
}

onLinux('spreads requests that follow each other over every address, and keeps the name', async () => {
  await using servers = await Servers.start(ADDRESSES);
  const asked: string[] = [];
  await using spread = client((name) => (asked.push(name), Promise.resolve(ADDRESSES)));
  const url = `http://receiver.example:${servers.port}/`;
  const counts = new Map<string, number>();
  for (let i = 0; i < 90; i++) {
    const answer = await ask(spread, url);
    counts.set(answer, (counts.get(answer) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(
    ADDRESSES.map((address) => `${address} receiver.example:${servers.port}`),
  );
  // In 90 throws of a die with three sides, so few of one side come once in a hundred million times.
  expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(7);
  expect(asked).toHaveLength(90);
  expect(new Set(asked)).toEqual(new Set(['receiver.example']));
  const connections = [...servers.sockets.values()].reduce((sum, { size }) => sum + size, 0);
  expect(connections).toBeLessThan(10);
});

onLinux('checks certificates against the name', async () => {
  await using servers = await Servers.start(ADDRESSES.slice(0, 2), true);
  await using spread = client(() => Promise.resolve(ADDRESSES.slice(0, 2)), {
    tls_config: { ca: TEST_CERTIFICATE },
  });
  const seen = new Set<string>();
  for (let i = 0; i < 40; i++) seen.add(await ask(spread, `https://binnacle.test:${servers.port}/`));
  expect([...seen].sort()).toEqual(
    ADDRESSES.slice(0, 2).map((address) => `${address} binnacle.test:${servers.port} binnacle.test`),
  );
  await expect(ask(spread, `https://other.test:${servers.port}/`)).rejects.toThrow(/altnames/);
});

onLinux('leaves an address that the name does not have any more', async () => {
  await using servers = await Servers.start(ADDRESSES);
  let addresses = ADDRESSES.slice(0, 1);
  await using spread = client(() => Promise.resolve(addresses));
  const url = `http://receiver.example:${servers.port}/`;
  expect(await ask(spread, url)).toContain('127.0.0.1');
  addresses = ADDRESSES.slice(1, 2);
  expect(await ask(spread, url)).toContain('127.0.0.2');
  await waitFor(() => servers.sockets.get('127.0.0.1')!.size === 0);
});

it('gives up with its request while the resolver does not answer', async () => {
  await using spread = client(() => new Promise(() => undefined));
  await expect(spread.request('http://receiver.example/', { timeoutMs: 10 })).rejects.toThrow(/timeout/);
});

it('leaves resolving to a proxy', async () => {
  await using servers = await Servers.start(ADDRESSES.slice(0, 1));
  await using proxied = client(() => Promise.reject(new Error('not asked')), {
    proxy_url: `http://127.0.0.1:${servers.port}`,
  });
  expect(await ask(proxied, 'http://receiver.example/')).toBe('127.0.0.1 receiver.example');
});

it('asks the system, for whom an address is its own', async () => {
  expect(await systemAddresses('127.0.0.1')).toEqual(['127.0.0.1']);
  expect(await systemAddresses('localhost')).toContain('127.0.0.1');
  await expect(systemAddresses('nowhere.invalid')).rejects.toThrow(/nowhere\.invalid/);
});

withIpv6('reaches addresses of IPv6', async () => {
  await using servers = await Servers.start(['::1']);
  await using spread = client(systemAddresses);
  expect(await ask(spread, `http://[::1]:${servers.port}/`)).toContain('::1');
});
