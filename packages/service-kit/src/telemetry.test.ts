import { execFileSync } from 'node:child_process';
import { describeWith } from '@binnacle/testing';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { demoService } from './fixtures/demoService.ts';
import { startService } from './startService.ts';

const log = pino({ level: 'silent' });
const argv = ['--web.listen-address=127.0.0.1:0'];

interface Exported {
  service: string;
  version: string;
  aggregated_errors: {
    total_count: number;
    latest_errors: { error: { message: string }; http_context: { request_url: string } }[];
  }[];
}

test('metrics are served in the format that is asked for', async () => {
  await using running = await startService(demoService, { argv, log });
  const get = async (accept: string) => {
    const response = await fetch(`${running.url}/metrics`, { headers: { accept } });
    return [response.headers.get('content-type'), await response.text()] as const;
  };
  const [classicType, classic] = await get('*/*');
  expect(classicType).toMatch(/^text\/plain; version=0.0.4/);
  expect(classic).toContain('demo_server_config_last_reload_successful 1\n');
  expect(classic).toContain('build_info{service="demo-server",version="1.2.3"} 1\n');
  const [openType, open] = await get('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
  expect(openType).toMatch(/^application\/openmetrics-text; version=1.0.0/);
  expect(open).toMatch(/# EOF\n$/);
});

test('every request is timed by its route, also an unknown one and under a prefix', async () => {
  const prefixed = [...argv, '--web.external-url=http://example.com/demo'];
  await using running = await startService(demoService, { argv: prefixed, log });
  await fetch(`${running.url}/greet`);
  await fetch(`${running.url}/nowhere`);
  const text = await (await fetch(`${running.url}/metrics`)).text();
  const counted = text.split('\n').filter((line) => line.startsWith('http_request_duration_seconds_count'));
  expect(counted.find((line) => line.includes('route="/demo/greet"'))).toMatch(/ 1$/);
  expect(counted.some((line) => line.includes('nowhere'))).toBe(false);
  expect(counted.some((line) => /4xx|404/.test(line))).toBe(true);
});

test('own exceptions are those that nobody expected, with their request', async () => {
  await using running = await startService(demoService, { argv, log });
  for (const path of ['/boom?token=abc', '/boom', '/teapot', '/nowhere', '/peer'])
    await fetch(running.url + path);
  const exported = (await (await fetch(`${running.url}/-/exceptions`)).json()) as Exported;
  expect(exported).toMatchObject({ service: 'demo-server', version: '1.2.3' });
  expect(exported.aggregated_errors).toHaveLength(1);
  const [{ total_count: count, latest_errors: errors }] = exported.aggregated_errors as [
    Exported['aggregated_errors'][0],
  ];
  expect(count).toBe(2);
  expect(errors[0]).toMatchObject({ error: { message: 'the secret is 12345' } });
  expect(JSON.stringify(errors[0])).toContain('/boom');
  expect(JSON.stringify(errors[0])).not.toContain('token=abc');
});

test('own exceptions can be served elsewhere', async () => {
  const definition = { ...demoService, exceptionsPath: '/-/own-exceptions' };
  await using running = await startService(definition, { argv, log });
  expect((await fetch(`${running.url}/-/own-exceptions`)).status).toBe(200);
  expect((await fetch(`${running.url}/-/exceptions`)).status).toBe(404);
});

describeWith('prometheus', 'with promtool', () => {
  test('it finds nothing to say about the metrics', async () => {
    await using running = await startService(demoService, { argv, log });
    await fetch(`${running.url}/greet`);
    const input = await (await fetch(`${running.url}/metrics`)).text();
    expect(execFileSync('promtool', ['check', 'metrics'], { input, stdio: 'pipe' }).toString()).toBe('');
  });
});
