import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describeWith, findExecutable, tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { runLine } from '../testing/commandLine.ts';
import { TestServer } from '../testing/server.ts';

const run = (argv: readonly string[], stdin: string | Uint8Array = '') => runLine(argv, { stdin });

describe('check', () => {
  it('config and rules', async () => {
    using folder = tempDir('cli');
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const rules = file('rules.yml', 'groups: [{name: g, rules: [{record: r, expr: up}]}]');
    const config = file('ok.yml', 'rule_files: [rules.yml]\nscrape_configs: [{job_name: a}]');
    const bad = file('bad.yml', 'scrape_configs: [{job_name: a, relabel_configs: [{action: nonsense}]}]');
    expect(await run(['check', 'config', config])).toMatchObject({
      code: 0,
      out: `${config}: valid, 1 scrape section, 1 rule group\n`,
    });
    expect(await run(['check', 'rules', rules])).toMatchObject({
      code: 0,
      out: `${rules}: valid, 1 rule\n`,
    });
    const refused = await run(['check', 'config', config, bad, '--json']);
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.out)).toMatchObject({
      files: [{ ok: true }, { ok: false, message: expect.stringContaining('nonsense') }],
    });
  });

  it('metrics', async () => {
    expect(
      await run(['check', 'metrics'], '# HELP a_total A.\n# TYPE a_total counter\na_total 1\n'),
    ).toMatchObject({ code: 0, out: '1 metrics, 1 series\n' });
    expect(await run(['check', 'metrics'], '# TYPE a counter\na 1\n')).toMatchObject({
      code: 3,
      out: 'a counter metrics should have "_total" suffix\na no help text\n1 metrics, 1 series\n',
    });
    expect((await run(['check', 'metrics'], 'a{\n')).code).toBe(1);
  });
});

describe('query', () => {
  it('asks a server', async () => {
    await using server = await TestServer.start();
    const now = Math.floor(Date.now() / 1000);
    await server.write1([{ labels: { __name__: 'a', x: '1' }, samples: [[now, 7]] }]);
    const time = `--time=${now}`;
    expect((await run(['query', 'instant', server.url, 'a', time])).out).toBe(
      `{__name__="a", x="1"} => 7 @[${now}]\n`,
    );
    expect((await run(['query', 'instant', server.url, '1+1', time])).out).toBe(`2 @[${now}]\n`);
    expect((await run(['query', 'range', server.url, 'a', `--start=${now}`, `--end=${now}`])).out).toBe(
      `{__name__="a", x="1"} =>\n7 @[${now}]\n`,
    );
    expect((await run(['query', 'series', server.url, 'a'])).out).toBe('{__name__="a", x="1"}\n');
    expect((await run(['query', 'labels', server.url, 'x', '--json'])).out).toBe('["1"]\n');
    expect(await run(['query', 'instant', server.url, 'a{'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ answered 400: invalid parameter "query"/),
    });
  });
});

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

describe('a command line that is not understood', () => {
  it.each([[['nonsense']], [['query', 'instant']], [['check', 'config']]])('%j', async (argv) => {
    const { code, err } = await run(argv);
    expect(code).toBe(2);
    expect(err).toMatch(/usage|unknown command/);
  });

  it('help lists the commands', async () => {
    expect((await run(['--help'])).out).toContain('tsdb export <folder>');
  });
});
