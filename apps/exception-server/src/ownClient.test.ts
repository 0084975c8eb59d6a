import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createExceptionCollector } from '@binnacle/exception-client';
import { describe, expect, it } from 'vitest';
import { TestServer } from './testing/server.ts';

describe('our own client', () => {
  it('is scraped with its version, environment, causes and labels', async () => {
    const collector = createExceptionCollector({ service: 'shop', version: '1.4.2', environment: 'staging' });
    const http = createServer((request, response) => collector.handler(request, response));
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const port = (http.address() as AddressInfo).port;
    collector.report(new TypeError('outer', { cause: new RangeError('inner') }), {
      labels: { tenant: 'acme' },
    });
    collector.report(new AggregateError([new Error('one'), new Error('two')], 'both'));
    await using server = await TestServer.start(
      `services: [{name: shop, static_configs: [{targets: ["127.0.0.1:${port}"]}], scraper: {endpoint: /-/exceptions, refresh_interval: 50ms}}]`,
    );
    await expect.poll(async () => (await server.list()).length, { timeout: 10_000 }).toBe(2);
    const [type] = await server.list('class=TypeError');
    expect(type).toMatchObject({ versions: ['1.4.2'], labels: { environment: 'staging' } });
    const detail = await server.get(`/api/v1/exceptions/${type!.id}`);
    expect(detail).toMatchObject({
      samples: [
        {
          labels: { tenant: 'acme' },
          error: { message: 'outer', cause: { class: 'RangeError', message: 'inner' } },
        },
      ],
    });
    const [both] = await server.list('class=AggregateError');
    expect(await server.get(`/api/v1/exceptions/${both!.id}`)).toMatchObject({
      samples: [{ error: { errors: [{ message: 'one' }, { message: 'two' }] } }],
    });
    http.closeAllConnections();
    http.close();
  });

  it('pushes', async () => {
    await using server = await TestServer.start('');
    const collector = createExceptionCollector({ service: 'nightly', version: '2' });
    const push = collector.pushTo(`${server.url}/api/v1/push?service=nightly`);
    for (let i = 0; i < 3; i++) collector.report(new Error('job failed'), { key: 'job' });
    await push.flush();
    await push.flush();
    expect(await server.totals()).toEqual({ job: 3 });
    push.stop();
  });
});
