import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { Type } from 'typebox';
import { tempDir } from '@binnacle/testing';
import { expect, test } from 'vitest';
import { Duration } from './config/configTypes.ts';
import { flag } from './flags/flagDefinitions.ts';
import { startService } from './startService.ts';

const log = pino({ level: 'silent' });

test('a service gets its flags and config, and answers', async () => {
  using folder = tempDir('kit');
  const file = join(folder.path, 'config.yml');
  writeFileSync(file, 'interval: 5s\nname: 007\n');
  await using running = await startService(
    {
      name: 'demo-server',
      version: '1.2.3',
      description: 'A demo.',
      defaultPort: 4999,
      flags: { 'demo.size': flag.size({ help: 'Size.', default: '2MB' }) },
      configSchema: Type.Object({ interval: Duration(), name: Type.String() }),
      create: async ({ flags, config }) => ({
        register: (app) => {
          app.get('/it', async () => ({
            size: flags['demo.size'],
            interval: config.interval,
            name: config.name,
          }));
        },
      }),
    },
    { argv: [`--config.file=${file}`, '--web.listen-address=127.0.0.1:0'], log },
  );
  expect(await (await fetch(`${running.url}/it`)).json()).toEqual({
    size: 2 * 1024 * 1024,
    interval: 5000,
    name: '007',
  });
  expect((await fetch(`${running.url}/-/ready`)).status).toBe(200);
});
