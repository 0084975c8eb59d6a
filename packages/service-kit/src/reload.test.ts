import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@binnacle/testing';
import { pino } from 'pino';
import { Type } from 'typebox';
import { expect, test } from 'vitest';
import { demoService } from './fixtures/demoService.ts';
import { startService } from './startService.ts';

const log = pino({ level: 'silent' });
const listen = '--web.listen-address=127.0.0.1:0';

async function startWithFile(folder: string) {
  const file = join(folder, 'demo.yml');
  const write = (text: string) => writeFileSync(file, text);
  write('greeting: first\n');
  const running = await startService(demoService, { argv: [listen, `--config.file=${file}`], log });
  const read = async (path: string) => (await fetch(running.url + path)).text();
  return {
    running,
    write,
    file,
    greeting: async () => (JSON.parse(await read('/greet')) as { greeting: string }).greeting,
    metric: async (name: string) =>
      Number(new RegExp(`^demo_server_${name} (.*)$`, 'm').exec(await read('/metrics'))![1]),
    post: async () => {
      const response = await fetch(`${running.url}/-/reload`, { method: 'POST' });
      return [response.status, await response.text()] as const;
    },
  };
}

test('a reload puts the new file into force', async () => {
  using folder = tempDir('reload');
  const { running, write, greeting, metric, post } = await startWithFile(folder.path);
  await using _ = running;
  const startedAt = await metric('config_last_reload_success_timestamp_seconds');
  expect(startedAt).toBeCloseTo(Date.now() / 1000, -2);
  write('greeting: second\n');
  expect(await greeting()).toBe('first');
  expect(await post()).toEqual([200, '']);
  expect(await greeting()).toBe('second');
  expect(await metric('config_last_reload_success_timestamp_seconds')).toBeGreaterThan(startedAt);
});

test('a bad file keeps the old configuration and says so in the answer and in the metric', async () => {
  using folder = tempDir('reload');
  const { running, write, file, greeting, metric, post } = await startWithFile(folder.path);
  await using _ = running;
  const startedAt = await metric('config_last_reload_success_timestamp_seconds');
  write('greeting: second\ngreting: x\n');
  expect(await post()).toEqual([
    500,
    `failed to reload config: ${file}:2:1: greting: unknown key "greting"; did you mean greeting?\n`,
  ]);
  expect(await greeting()).toBe('first');
  expect(await metric('config_last_reload_successful')).toBe(0);
  expect(await metric('config_last_reload_success_timestamp_seconds')).toBe(startedAt);
  write('greeting: third\n');
  await running.reload();
  expect(await greeting()).toBe('third');
  expect(await metric('config_last_reload_successful')).toBe(1);
});

test('a configuration that the service refuses keeps the old one', async () => {
  using folder = tempDir('reload');
  const { running, write, greeting, metric } = await startWithFile(folder.path);
  await using _ = running;
  write('greeting: refused\n');
  await expect(running.reload()).rejects.toThrow('that greeting is not liked');
  expect(await greeting()).toBe('first');
  expect(await metric('config_last_reload_successful')).toBe(0);
});

test('reloads run one after the other, also after a failed one', async () => {
  using folder = tempDir('reload');
  const file = join(folder.path, 'c.yml');
  writeFileSync(file, '');
  const events: string[] = [];
  let calls = 0;
  await using running = await startService(
    {
      name: 'serial-server',
      version: '1',
      description: 'Records its reloads.',
      defaultPort: 4998,
      flags: {},
      configSchema: Type.Object({}),
      create: async () => ({
        register: () => undefined,
        reload: async () => {
          const call = (calls += 1);
          events.push(`begin ${call}`);
          await new Promise((resolve) => setImmediate(resolve));
          events.push(`end ${call}`);
          if (call === 1) throw new Error('refused');
        },
      }),
    },
    { argv: [listen, `--config.file=${file}`], log },
  );
  await Promise.allSettled([running.reload(), running.reload(), running.reload()]);
  expect(events).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3']);
});

test('a required key that no file gives is named', async () => {
  const definition = {
    ...demoService,
    configSchema: Type.Object({ url: Type.String() }),
    create: () => Promise.reject(),
  };
  await expect(startService(definition, { argv: [listen], log })).rejects.toThrow(
    '(no --config.file):1:1: the key "url" is missing; expected a text',
  );
});
