import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, findExecutable, tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { runLine } from '../testing/commandLine.ts';

const run = (argv: readonly string[], stdin: string | Uint8Array = '') => runLine(argv, { stdin });

describe('tsdb', () => {
  it('makes a store of an OpenMetrics file, dumps and analyzes it', async () => {
    using folder = tempDir('cli');
    const file = join(folder.path, 'in.om');
    const store = join(folder.path, 'store');
    writeFileSync(file, 'a{x="1"} 1 1700000000\na{x="1"} 2 1700000015\n# EOF\n');
    expect(await run(['tsdb', 'backfill', store, file])).toMatchObject({
      code: 0,
      out: '2 samples of 1 series in 1 blocks\n',
    });
    expect((await run(['tsdb', 'dump', store])).out).toBe(
      'a{x="1"} 1 1700000000000\na{x="1"} 2 1700000015000\n',
    );
    expect((await run(['tsdb', 'dump', store, '--min-time=1700000000001'])).out).toBe(
      'a{x="1"} 2 1700000015000\n',
    );
    expect((await run(['tsdb', 'dump', store, '--match=b'])).out).toBe('');
    expect((await run(['tsdb', 'analyze', store])).out).toContain('1 blocks');
  });
});

describeWith('prometheus', 'tsdb export and import', () => {
  it('are blocks that promtool reads, and back', async () => {
    using folder = tempDir('cli');
    const [file, store, blocks, again] = ['in.om', 'store', 'blocks', 'again'].map((name) =>
      join(folder.path, name),
    );
    writeFileSync(file!, 'a{x="1"} 1 1700000000\na{x="1"} 2 1700000015\n# EOF\n');
    await run(['tsdb', 'backfill', store!, file!]);
    expect((await run(['tsdb', 'export', store!, blocks!])).code).toBe(0);
    mkdirSync(join(blocks!, 'wal'), { recursive: true });
    const listed = await promisify(execFile)(findExecutable('promtool')!, ['tsdb', 'dump', blocks!]);
    expect(listed.stdout).toContain('{__name__="a", x="1"} 2 1700000015000');
    expect(await run(['tsdb', 'import', again!, blocks!])).toMatchObject({
      code: 0,
      out: '2 samples of 1 series in 1 blocks\n',
    });
    expect((await run(['tsdb', 'dump', again!])).out).toBe((await run(['tsdb', 'dump', store!])).out);
  });
});

describeWith('prometheus', 'tsdb backfill', () => {
  it('makes the blocks that promtool makes of the same file', async () => {
    using folder = tempDir('cli');
    const [file, store, ours, theirs] = ['in.om', 'store', 'ours', 'theirs'].map((name) =>
      join(folder.path, name),
    );
    const lines = Array.from({ length: 4000 }, (_, i) => {
      const labels = [`{x="${i % 7}",path="/a b"}`, `{path="/a b",x="${i % 7}"}`, ''][i % 3];
      return `m_total${labels} ${i / 8} ${1_700_000_000 + 11 * i}.5`;
    });
    writeFileSync(file!, `# TYPE m counter\n# HELP m Help.\n${lines.join('\n')}\n# EOF\n`);
    expect((await run(['tsdb', 'backfill', store!, file!])).code).toBe(0);
    const { blocks } = JSON.parse((await run(['tsdb', 'list', store!, '--json'])).out);
    expect((await run(['tsdb', 'export', store!, ours!])).code).toBe(0);
    const promtool = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)(findExecutable('promtool')!, args, { maxBuffer: 1 << 26 })).stdout;
    mkdirSync(theirs!);
    await promtool('tsdb', 'create-blocks-from', 'openmetrics', file!, theirs!);
    for (const blocks of [ours!, theirs!]) mkdirSync(join(blocks, 'wal'), { recursive: true });
    expect((await promtool('tsdb', 'dump', ours!)).split('\n')).toEqual(
      (await promtool('tsdb', 'dump', theirs!)).split('\n'),
    );
    const table = (await promtool('tsdb', 'list', theirs!)).trim().split('\n').slice(1);
    expect(blocks.map(({ numSamples }: { numSamples: number }) => numSamples)).toEqual(
      table.map((line) => Number(line.split(/\s+/)[4])),
    );
    const exported = (await promtool('tsdb', 'list', ours!)).trim().split('\n').slice(1);
    expect(exported.reduce((sum, line) => sum + Number(line.split(/\s+/)[4]), 0)).toBe(lines.length);
  });
});

describe('tsdb list', () => {
  it('shows the blocks of a folder, whether a server has it open or not', async () => {
    using folder = tempDir('cli');
    const file = join(folder.path, 'in.om');
    const store = join(folder.path, 'store');
    expect(await run(['tsdb', 'list', folder.path])).toMatchObject({ code: 0, out: 'no blocks\n' });
    writeFileSync(file, 'a{x="1"} 1 1700000000\na{x="1"} 2 1700007200\n# EOF\n');
    await run(['tsdb', 'backfill', store, file]);
    const { code, out } = await run(['tsdb', 'list', store]);
    expect(code).toBe(0);
    expect(out.split('\n')[0]).toMatch(/^BLOCK +FROM +TO +DURATION +SAMPLES/);
    expect(out).toMatch(/\n[0-9A-Z]{26} +2023-11-14T22:13:20Z +2023-11-14T22:13:20.001Z +1ms +1 +1 +1 /);
    const { blocks } = JSON.parse((await run(['tsdb', 'list', store, '--json'])).out);
    expect(blocks).toMatchObject([{ numSamples: 1, format: 'binnacle-block-1' }, { numSamples: 1 }]);
    writeFileSync(join(store, blocks[0].ulid, 'meta.json'), '{');
    expect(await run(['tsdb', 'list', store])).toMatchObject({
      code: 1,
      out: expect.stringContaining('expected to read meta.json'),
    });
  });
});

describe('long work', () => {
  const manyLines = (): string =>
    `${Array.from({ length: 30_000 }, (_, i) => `a{x="${i % 500}"} ${i} ${1_700_000_000 + i}`).join('\n')}\n# EOF\n`;

  it('says now and then how far it is', async () => {
    using folder = tempDir('cli');
    writeFileSync(join(folder.path, 'in.om'), manyLines());
    const store = join(folder.path, 'store');
    const { code, progress } = await run(['tsdb', 'backfill', store, join(folder.path, 'in.om')]);
    expect(code).toBe(0);
    expect(progress).toMatch(/^backfilling \[#+-+\] \d+ % {2}.*B\/s {2}.* left\n/);
  });

  it('ends at Ctrl-C and leaves nothing half done', async () => {
    using folder = tempDir('cli');
    writeFileSync(join(folder.path, 'in.om'), manyLines());
    const store = join(folder.path, 'store');
    const signal = AbortSignal.abort();
    for (const argv of [
      ['tsdb', 'backfill', store, join(folder.path, 'in.om')],
      ['check', 'rules', 'none.yml'],
    ]) {
      expect(await runLine(argv, { signal })).toMatchObject({ code: 130, out: '', err: 'cancelled\n' });
    }
    expect((await run(['tsdb', 'backfill', store, join(folder.path, 'in.om')])).code).toBe(0);
    const blocks = join(folder.path, 'blocks');
    expect(await runLine(['tsdb', 'export', store, blocks], { signal })).toMatchObject({ code: 130 });
    expect(existsSync(blocks) ? readdirSync(blocks) : []).toEqual([]);
  });
});
