import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, startProcess, tempDir } from '@binnacle/testing';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const apps = readdirSync(join(root, 'apps')).filter((name) =>
  existsSync(join(root, 'apps', name, 'build.mjs')),
);

it.each(apps)(
  '%s runs from a folder that holds nothing but its dist',
  async (name) => {
    execFileSync('turbo', ['run', 'build', `--filter=@binnacle/${name}`], { cwd: root, stdio: 'pipe' });
    using elsewhere = tempDir('dist');
    cpSync(join(root, 'apps', name, 'dist'), elsewhere.path, { recursive: true });
    // The one file that a server may want: metrics-server, as Prometheus does, reads it from where it is started.
    writeFileSync(join(elsewhere.path, 'prometheus.yml'), '');
    const port = await freePort();
    const readyUrl = `http://127.0.0.1:${port}/-/ready`;
    await using app = await startProcess({
      command: process.execPath,
      args: [join(elsewhere.path, `${name}.mjs`), `--web.listen-address=127.0.0.1:${port}`],
      cwd: elsewhere.path,
      env: { PATH: '/usr/bin:/bin' },
      readyUrl,
    });
    expect((await fetch(`http://127.0.0.1:${port}/-/healthy`)).status).toBe(200);
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(await metrics.text()).toMatch(/process_cpu_seconds_total/);
    expect(await app.stop()).toBe(0);
  },
  120_000,
);
