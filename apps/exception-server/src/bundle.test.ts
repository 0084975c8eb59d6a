import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startProcess, tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { FakeTarget } from './testing/fakeTarget.ts';

const APP = dirname(dirname(fileURLToPath(import.meta.url)));

it('runs as one file from an empty folder, with Periskop’s flags, and keeps what it counted', async () => {
  execFileSync(process.execPath, ['build.mjs'], { cwd: APP, stdio: 'pipe' });
  using folder = tempDir('bundle');
  copyFileSync(join(APP, 'dist/exception-server.mjs'), join(folder.path, 'exception-server.mjs'));
  await using target = await FakeTarget.start();
  target.report('k', 3);
  writeFileSync(
    join(folder.path, 'periskop.yaml'),
    `services: [{name: shop, static_configs: [{targets: ["${target.address}"]}], scraper: {endpoint: /-/exceptions, refresh_interval: 100ms}}]`,
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const start = () =>
    startProcess({
      command: process.execPath,
      args: ['exception-server.mjs', '-port', String(port), '-config=periskop.yaml'],
      cwd: folder.path,
      env: { PATH: '/usr/bin:/bin' },
      readyUrl: `${url}/-/ready`,
    });
  const total = async (): Promise<number | undefined> => {
    const list = (await (await fetch(`${url}/api/v1/exceptions`)).json()) as {
      items: { totalCount: number }[];
    };
    return list.items[0]?.totalCount;
  };
  {
    await using first = await start();
    await expect.poll(total, { timeout: 10_000 }).toBe(3);
    expect(await first.stop()).toBe(0);
  }
  target.report('k', 2);
  await using second = await start();
  await expect.poll(total, { timeout: 10_000 }).toBe(5);
  expect(second.output()).not.toMatch(/ExperimentalWarning/);
});
