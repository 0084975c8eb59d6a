import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { remoteWriteClient } from './remoteWriteClient.ts';
import { remoteWriteConfigOf } from './remoteWriteConfig.ts';

it('asks for every address of the receiver, for each request, with round_robin_dns only', async () => {
  const server = createServer((request, response) => response.end(request.headers.host));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const asked: string[] = [];
  const send = async (host: string, section: { round_robin_dns?: boolean }): Promise<number> => {
    const url = `http://${host}:${port}/write`;
    const client = remoteWriteClient(remoteWriteConfigOf({ url, ...section }), '.', (name) => {
      asked.push(name);
      return Promise.resolve(['127.0.0.1']);
    });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push((await client.request(url)).statusCode);
    await client.close();
    return answers.filter((status) => status === 200).length;
  };
  try {
    expect(await send('receiver.example', { round_robin_dns: true })).toBe(3);
    expect(asked).toEqual(Array<string>(3).fill('receiver.example'));
    expect(await send('127.0.0.1', { round_robin_dns: false })).toBe(3);
    expect(await send('127.0.0.1', {})).toBe(3);
    expect(asked).toHaveLength(3);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});
