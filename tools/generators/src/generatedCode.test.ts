// Generated code beside the real packages and tools: it must type-check, pass its tests, and please lint and format.
import { tempDir } from '@binnacle/testing';
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { generate, root, virtualWorkspace, writeTo } from './workspaceFixture.ts';

const description = 'Sends invoices';

it.each([
  ['package', { name: 'rate-limits', description, published: true }, 'packages/rate-limits'],
  ['event-type', { name: 'invoice.paid', description }, 'packages/event-schemas'],
  ['service', { name: 'billing-server', description }, 'apps/billing-server'],
])('a new %s is sound', { timeout: 120_000 }, async (generator, options, packageFolder) => {
  const tree = virtualWorkspace();
  const before = new Set(tree.listChanges().map(({ path }) => path));
  await generate(tree, generator, options);
  const written = tree.listChanges().map(({ path }) => path);
  const added = written.filter((path) => !before.has(path));
  using folder = tempDir('generated');
  writeTo(folder.path, tree);

  const tool = (name: string, args: readonly string[], cwd = folder.path): string => {
    const command = join(root, 'node_modules', '.bin', name);
    const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
    return status === 0 ? 'sound' : `${name}: ${stdout}${stderr}`;
  };
  const packagePath = join(folder.path, packageFolder);
  expect(tool('tsc', ['-p', '.'], packagePath)).toBe('sound');
  expect(tool('oxlint', ['--deny-warnings', ...added.filter((path) => path.endsWith('.ts'))])).toBe('sound');
  expect(tool('prettier', ['--check', ...added])).toBe('sound');
  const tests = added.filter((path) => path.endsWith('.test.ts')).map((path) => join(folder.path, path));
  expect(tests).toHaveLength(1);
  expect(tool('vitest', ['run', ...tests], packagePath)).toBe('sound');
});

it('Nx knows every package and every generator, and leaves no daemon', () => {
  using data = tempDir('nx');
  const nx = (...args: string[]): string =>
    // A task runner may force colours on.
    stripVTControlCharacters(
      execFileSync(process.execPath, [join(root, 'tools/generators/src/main.ts'), ...args], {
        encoding: 'utf8',
        env: { ...process.env, NX_WORKSPACE_DATA_DIRECTORY: data.path },
      }),
    );
  const projects = nx('show', 'projects').trim().split('\n');
  expect(projects).toEqual(expect.arrayContaining(['@binnacle/generators', '@binnacle/metrics-client']));
  const options = ['rate-limits', `--description=${description}`, '--dry-run'];
  expect(nx('g', '@binnacle/generators:package', ...options)).toContain(
    'CREATE packages/rate-limits/package.json',
  );
  // A daemon leaves its process id there.
  const files = readdirSync(data.path, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('server-process.json'))).toEqual([]);
});
