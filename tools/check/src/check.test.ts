import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tempDir, type ComponentName } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { leftOutTable } from './leftOut.ts';
import { missingRequired } from './requiredComponents.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

it('fails a dependant when a package breaks a type, even with a warm turbo cache', () => {
  using copy = copyOfRepository();
  const typecheck = ['run', 'typecheck', '--filter=@binnacle/service-discovery'];
  const user =
    "import { EMPTY_LABELS } from '@binnacle/model';\n\nexport const planted = EMPTY_LABELS.without('a');\n";
  writeFileSync(join(copy.path, 'packages/service-discovery/src/planted.ts'), user);
  expect(turbo(copy.path, typecheck)).toMatchObject({ status: 0 });
  expect(turbo(copy.path, typecheck).output).toMatch(/FULL TURBO/);
  const file = join(copy.path, 'packages/model/src/labels.ts');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('without(...names', 'omit(...names'));
  const broken = turbo(copy.path, typecheck);
  expect(broken.output).toMatch(/without/);
  expect(broken.status).not.toBe(0);
}, 120_000);

it.each([
  [
    'a library that imports an app',
    'packages/model/src/planted.ts',
    '@binnacle/exception-server',
    /@binnacle\/exception-server/,
  ],
  [
    'a pure library that imports a server library',
    'packages/promql/src/planted.ts',
    '@binnacle/service-kit',
    /service-kit/,
  ],
  [
    'an import that leaves the package',
    'packages/model/src/planted.ts',
    '../../tsdb/src/index.ts',
    /leaves the package/,
  ],
])(
  'turbo boundaries refuses %s',
  (_what, file, target, message) => {
    using copy = copyOfRepository();
    expect(turbo(copy.path, ['boundaries'])).toMatchObject({ status: 0 });
    if (target.startsWith('@')) {
      const manifest = join(copy.path, dirname(dirname(file)), 'package.json');
      const json = JSON.parse(readFileSync(manifest, 'utf8')) as { dependencies: Record<string, string> };
      json.dependencies = { ...json.dependencies, [target]: '0.1.0' };
      writeFileSync(manifest, JSON.stringify(json));
    }
    writeFileSync(join(copy.path, file), `import '${target}';\n`);
    const planted = turbo(copy.path, ['boundaries']);
    expect(planted.output).toMatch(message);
    expect(planted.status).not.toBe(0);
  },
  120_000,
);

it('names a missing component that is required, and one that nobody knows', () => {
  const present = new Set<ComponentName>(['redis']);
  expect(missingRequired(present, 'redis')).toEqual([]);
  expect(missingRequired(present, 'postgres,moon').join('\n')).toMatch(/postgres.*apt-get[\s\S]*moon/);
});

it('names every suite that a missing component leaves out', () => {
  expect(leftOutTable(root, new Set())).toMatch(
    /postgres .*apt-get install postgresql\n[\s\S]*startPostgres/,
  );
});

/** The tracked and new files in a temporary folder, with links to the installed packages. */
function copyOfRepository(): ReturnType<typeof tempDir> {
  const copy = tempDir('check');
  const listed = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '*.ts', '*.json', '*.tsx'];
  const files = execFileSync('git', listed, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0');
  for (const file of files.filter((name) => name !== '')) {
    try {
      cpSync(join(root, file), join(copy.path, file));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  linkInstalled(join(root, 'node_modules'), join(copy.path, 'node_modules'));
  writeFileSync(join(copy.path, '.gitignore'), 'node_modules\n.turbo\n');
  // turbo hashes what git knows; without a first commit it would take its own logs for inputs.
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: copy.path });
  git('init', '-q');
  git('add', '-A');
  git('-c', 'user.name=check', '-c', 'user.email=check@localhost', 'commit', '-q', '-m', 'copy');
  return copy;
}

function linkInstalled(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) {
    if (name === '@binnacle') {
      mkdirSync(join(to, name));
      for (const own of readdirSync(join(from, name)))
        symlinkSync(readlinkSync(join(from, name, own)), join(to, name, own));
    } else {
      symlinkSync(join(from, name), join(to, name));
    }
  }
}

function turbo(cwd: string, args: string[]): { status: number | null; output: string } {
  const done = spawnSync('turbo', [...args, '--no-color'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
  });
  return { status: done.status, output: done.stdout + done.stderr };
}
