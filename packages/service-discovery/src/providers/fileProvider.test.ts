import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { systemClock } from '../context.ts';
import { createTargetPool } from '../index.ts';
import { collect } from '../testing/collect.ts';
import { planFile } from './fileProvider.ts';
import { globPattern } from './globPattern.ts';

it('reads JSON and YAML, with the file’s path as a label', async () => {
  using folder = tempDir();
  writeFileSync(join(folder.path, 'a.json'), '[{"targets": ["a:1", "b:1"], "labels": {"zone": "z"}}]');
  writeFileSync(
    join(folder.path, 'b.yml'),
    '- targets:\n  - c:1\n  labels:\n    port: 080\n- targets: ["d:1"]\n  labels:\n',
  );
  writeFileSync(join(folder.path, 'other.json'), '[{"targets": ["x:1"]}]');
  await using found = collect(planFile({ files: ['a.json', '[b-c]*.yml'] }), { baseDir: folder.path });
  await found.provider.start();
  expect(found.errors).toEqual([]);
  expect(found.targets()).toEqual([
    { __address__: 'a:1', __meta_filepath: join(folder.path, 'a.json'), zone: 'z' },
    { __address__: 'b:1', __meta_filepath: join(folder.path, 'a.json'), zone: 'z' },
    { __address__: 'c:1', __meta_filepath: join(folder.path, 'b.yml'), port: '080' },
    { __address__: 'd:1', __meta_filepath: join(folder.path, 'b.yml') },
  ]);
});

it.each([
  ['half a file', '[{"targets": ["b:1"'],
  ['an empty file', ''],
  ['unknown keys', '[{"targets": ["b:1"], "label": {}}]'],
  ['labels that are no texts', '[{"targets": ["b:1"], "labels": {"a": 1}}]'],
  ['something else', '{"targets": ["b:1"]}'],
])('keeps the targets of a file that becomes %s, and says so', async (_, text) => {
  using folder = tempDir();
  const file = join(folder.path, 'a.json');
  writeFileSync(file, '[{"targets": ["a:1"]}]');
  writeFileSync(join(folder.path, 'b.json'), '[{"targets": ["z:1"]}]');
  const clock = new FakeClock();
  await using found = collect(planFile({ files: ['*.json'] }), { baseDir: folder.path, clock });
  await found.provider.start();
  writeFileSync(file, text);
  writeFileSync(join(folder.path, 'b.json'), '[{"targets": ["z:2"]}]');
  clock.advance(300_000);
  await waitFor(() => found.errors.length > 0);
  expect(found.errors[0]!.message).toContain(file);
  expect(found.addresses()).toEqual(['a:1', 'z:2']);
  writeFileSync(file, '[]');
  await waitFor(() => clock.pending > 0);
  clock.advance(1000);
  await waitFor(() => found.addresses().length === 1, { what: 'the mended file to count' });
  expect(found.addresses()).toEqual(['z:2']);
});

it('follows changes, new files, removed files and swapped links without waiting for the interval', async () => {
  using folder = tempDir();
  const write = (name: string, address: string): void =>
    writeFileSync(join(folder.path, name), `- targets: ["${address}"]`);
  write('a.yml', 'a:1');
  await using found = collect(planFile({ files: ['*.yml'] }), { baseDir: folder.path, clock: systemClock });
  await found.provider.start();
  const sees = (...addresses: string[]) =>
    waitFor(() => found.addresses().join() === addresses.join(), { what: `targets ${addresses.join()}` });
  await sees('a:1');
  write('a.yml', 'a:2');
  await sees('a:2');
  write('b.yml', 'b:1');
  await sees('a:2', 'b:1');
  write('new', 'a:3');
  renameSync(join(folder.path, 'new'), join(folder.path, 'a.yml'));
  await sees('a:3', 'b:1');
  rmSync(join(folder.path, 'b.yml'));
  await sees('a:3');

  for (const version of ['v1', 'v2']) {
    mkdirSync(join(folder.path, version));
    write(join(version, 'c.yml'), `c:${version}`);
  }
  const link = (version: string): void => {
    symlinkSync(version, join(folder.path, '..tmp'));
    renameSync(join(folder.path, '..tmp'), join(folder.path, '..data'));
  };
  link('v1');
  symlinkSync('..data/c.yml', join(folder.path, 'c.yml'));
  await sees('a:3', 'c:v1');
  link('v2');
  await sees('a:3', 'c:v2');
});

it('watches a folder that appears later, or again', async () => {
  using folder = tempDir();
  const below = join(folder.path, 'targets');
  const clock = new FakeClock();
  await using found = collect(planFile({ files: ['targets/*.json'] }), { baseDir: folder.path, clock });
  await found.provider.start();
  expect(found.errors).toEqual([]);
  for (const address of ['a:1', 'a:2']) {
    mkdirSync(below);
    writeFileSync(join(below, 'a.json'), `[{"targets": ["${address}"]}]`);
    await waitFor(() => {
      clock.advance(300_000);
      return found.addresses().join() === address;
    });
    rmSync(below, { recursive: true });
    await waitFor(() => {
      clock.advance(300_000);
      return found.addresses().length === 0;
    });
  }
});

it('is part of a pool as soon as start resolves', async () => {
  using folder = tempDir();
  writeFileSync(join(folder.path, 'a.json'), '[{"targets": ["a:1"]}]');
  const pool = createTargetPool({
    name: 'api',
    config: { static_configs: [{ targets: ['s:1'] }], file_sd_configs: [{ files: ['a.json'] }] },
    baseDir: folder.path,
    clock: new FakeClock(),
  });
  await pool.start();
  expect(pool.active().map((target) => target.address)).toEqual(['s:1', 'a:1']);
  expect(pool.providers()).toMatchObject([
    { name: 'static_configs', targets: 1, failures: 0 },
    { name: 'file_sd_configs[0]', targets: 1, failures: 0, lastError: undefined },
  ]);
  await pool.stop();
});

it('takes wildcards in the last element of a path only', () => {
  const matches = (pattern: string, name: string): boolean => globPattern(pattern).test(name);
  expect(matches('/x/a*.json', 'abc.json')).toBe(true);
  expect(matches('/x/a?.yml', 'ab.yml')).toBe(true);
  expect(matches('/x/a?.yml', 'a.yml')).toBe(false);
  expect(matches('/x/[^a-c]+.yaml', 'd+.yaml')).toBe(true);
  expect(matches('/x/[^a-c].yaml', 'b.yaml')).toBe(false);
  expect(matches('/x/a.json', 'abjson')).toBe(false);
  for (const bad of ['/x/a.txt', '/*/a.json', 'a*', '/x/[z-a].json']) {
    expect(() => planFile({ files: [bad] }), bad).toThrow(expect.objectContaining({ code: 'SD_BAD_CONFIG' }));
  }
  expect(() => planFile({ files: ['a.json'], refresh_interval: '0s' })).toThrow(/refresh_interval/);
});
