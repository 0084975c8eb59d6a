import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWith, findExecutable, tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { runLine } from '../testing/commandLine.ts';

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

describe('check web-config', () => {
  it('sees what the server would see', async () => {
    using folder = tempDir('cli');
    const file = join(folder.path, 'web.yml');
    const check = (text: string) => {
      writeFileSync(file, text);
      return run(['check', 'web-config', file]);
    };
    const user = 'basic_auth_users: {a: $2y$10$abcdefghijklmnopqrstuuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA}\n';
    expect(await check('')).toMatchObject({ code: 0, out: `${file}: valid, no TLS, open to everybody\n` });
    expect((await check(user)).out).toBe(`${file}: valid, no TLS, 1 user, 0 tokens\n`);
    expect(await check('tls_server_config: {cert_file: a, key_file: b}')).toMatchObject({
      code: 1,
      out: expect.stringContaining('cert_file: cannot read the file'),
    });
    expect((await check('basic_auth_user: {}')).out).toContain('did you mean basic_auth_users?');
  });
});

describe('check rules', () => {
  it('finds rules that write over each other', async () => {
    using folder = tempDir('cli');
    const file = join(folder.path, 'rules.yml');
    writeFileSync(file, 'groups: [{name: g, rules: [{record: a, expr: up}, {record: a, expr: up}]}]');
    expect(await run(['check', 'rules', file])).toMatchObject({
      code: 0,
      out: expect.stringContaining('duplicate rule a with no labels in group "g"'),
    });
    expect((await run(['check', 'rules', file, '--lint-fatal'])).code).toBe(3);
    expect((await run(['check', 'rules', file, '--lint-fatal', '--lint=none'])).code).toBe(0);
  });
});

describeWith('prometheus', 'check metrics', () => {
  it.each([
    ['# HELP a_total x\n# TYPE a_total counter\na_total 1\n'],
    ['# TYPE a counter\na 1\n'],
    ['# HELP b_total x\n# TYPE b_total gauge\nb_total 2\n'],
    ['# HELP c_milliseconds x\n# TYPE c_milliseconds gauge\nc_milliseconds 1\n'],
    [
      '# HELP d_kilobytes x\n# TYPE d_kilobytes gauge\nd_kilobytes 1\n# HELP h_hours x\n# TYPE h_hours gauge\nh_hours 1\n',
    ],
    ['# HELP e_gauge x\n# TYPE e_gauge gauge\ne_gauge{camelCase="1"} 1\n'],
    ['# HELP fooBar x\n# TYPE fooBar gauge\nfooBar 1\n# HELP g:x x\n# TYPE g:x gauge\ng:x 1\n'],
    ['# HELP h_count x\n# TYPE h_count gauge\nh_count{le="1",quantile="0.5"} 1\n'],
    ['# HELP i_ms x\n# TYPE i_ms gauge\ni_ms 1\n# HELP s_kelvin x\n# TYPE s_kelvin gauge\ns_kelvin 1\n'],
    ['j_bucket{le="1"} 2\n# HELP m_bucket x\n# TYPE m_bucket gauge\nm_bucket 1\n'],
    ['# HELP k x\n# TYPE k histogram\nk_bucket{le="+Inf"} 2\nk_sum 1\nk_count 2\n'],
    ['# HELP n x\n# TYPE n summary\nn{quantile="0.5"} 2\nn_sum 1\nn_count 2\n'],
    ['a{\n'],
  ])('says of %j what promtool says, with its exit code', async (text) => {
    const peer = spawnSync(findExecutable('promtool')!, ['check', 'metrics'], {
      input: text,
      encoding: 'utf8',
    });
    const ours = await run(['check', 'metrics', '--json'], text);
    expect(ours.code).toBe(peer.status);
    const { advice = [] } = JSON.parse(ours.out) as { advice?: string[] };
    if (ours.code !== 1)
      expect(advice).toEqual(
        peer.stderr
          .split('\n')
          .filter((line) => line !== '')
          .sort(),
      );
  });
});
