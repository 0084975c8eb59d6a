import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { runLine } from '../testing/commandLine.ts';

const run = (argv: readonly string[], stdin: string | Uint8Array = '') => runLine(argv, { stdin });

describe('a mistake', () => {
  it.each([
    [['nonsense'], /unknown command "nonsense"/],
    [['chek', 'config'], /did you mean "check config"\?/],
    [['check', 'rulse', 'x'], /did you mean "check rules"\?/],
    [['check'], /check: expected one of these commands, found nothing/],
    [
      ['query', 'instant'],
      /expected the server's URL, found nothing\nusage: binnacle-metrics query instant <url>/,
    ],
    [['query', 'instant', 'localhost:9090', 'up'], /did you mean http:\/\/localhost:9090\?/],
    [['query', 'instant', 'http://a', 'up', '--tmie=3'], /unknown option --tmie; did you mean --time\?/],
    [
      ['query', 'instant', 'http://a', 'up', '--time=noon'],
      /--time: expected Unix seconds or a time such as/,
    ],
    [['query', 'instant', 'http://a', 'up', 'down'], /expected no further argument, found "down"/],
    [['query', 'instant', 'http://a', 'up', '--time'], /--time: expected <time>, found nothing/],
    [['query', 'range', 'http://a', 'up', '--step=0'], /--step: expected a duration such as 30s, found "0"/],
    [['query', 'range', 'http://a', 'up', '--start=9', '--end=3'], /--end: expected a time after --start/],
    [['query', 'series', 'http://a'], /expected a selector such as/],
    [['query', 'labels', 'http://a', 'x', '--header=y'], /--header: expected "name: value", found "y"/],
    [['check', 'config'], /expected one file or more, found nothing/],
    [['check', 'rules', 'a', '--lint=some'], /--lint: expected duplicate-rules, all or none, found "some"/],
    [['check', 'rules', 'a', '--json=1'], /--json takes no value/],
    [
      ['tsdb', 'dump', 'no/such/folder'],
      /expected a store's folder, found no no\/such\/folder; check the path/,
    ],
    [['tsdb', 'dump', import.meta.filename], /expected a store's folder, found the file/],
    [['tsdb', 'backfill', import.meta.filename, 'x'], /expected a store's folder, found the file/],
    [['tsdb', 'dump', import.meta.dirname], /found neither blocks nor a log/],
    [
      ['tsdb', 'analyze', import.meta.dirname, '--limit=x'],
      /neither blocks|--limit: expected a whole number/,
    ],
  ])('%j', async (argv, message) => {
    const { code, err } = await run(argv);
    expect(err).toMatch(message);
    expect(code).toBe(2);
  });

  it.each([
    [['check', 'config', 'no.yml'], /cannot read no.yml: no such file; check the path/],
    [['check', 'config', import.meta.dirname], /it is a folder; name a file/],
    [['check', 'web-config', 'no.yml'], /cannot read no.yml: no such file/],
    [['test', 'rules', 'no.yml'], /cannot read no.yml: no such file/],
    [['tsdb', 'backfill', 'x', 'no.om'], /cannot read no.om: no such file/],
    [
      ['tsdb', 'backfill', 'x', process.execPath],
      /expected text in the OpenMetrics format, found binary data/,
    ],
    [['check', 'metrics'], /found nothing; give a file with < file/],
  ])('in what is named: %j', async (argv, message) => {
    const { code, out, err } = await run(argv);
    expect(out + err).toMatch(message);
    expect(code).toBe(1);
  });

  it('in the server: none there, none that answers, none of Prometheus, one with users', async () => {
    const server = createServer((request, response) => {
      if (request.url!.includes('slow')) return;
      response.writeHead(request.url!.includes('locked') ? 401 : 200).end('<html>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const asked = async (path: string, ...more: string[]) =>
      (await run(['query', 'instant', url + path, 'up', ...more])).err;
    expect(await asked('/')).toMatch(
      /expected the HTTP API of Prometheus at .*, found an answer 200: <html>/,
    );
    expect(await asked('/locked')).toMatch(/answered 401: put user:password@ into the URL/);
    expect(await asked('/slow', '--timeout=50ms')).toMatch(
      /gave no answer in 0.05 s; --timeout waits longer/,
    );
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await asked('/')).toMatch(/cannot reach .*ECONNREFUSED.*; is the server running there\?/);
    expect(JSON.parse((await run(['query', 'instant', url, 'up', '--json'])).out).error).toMatch(
      /cannot reach/,
    );
  });

  it('leaves no trace in a folder that is no store', async () => {
    using folder = tempDir('cli');
    await run(['tsdb', 'analyze', folder.path]);
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

describe('help', () => {
  it('lists the commands, those of a group, and the options of one', async () => {
    expect((await run(['--help'])).out).toContain('tsdb export <folder>');
    expect((await run(['tsdb', '--help'])).out).toMatch(/^ {2}tsdb list/);
    expect((await run(['tsdb', 'dump', '--help'])).out).toMatch(/--min-time=<ms> +Only samples from/);
    expect((await run([])).code).toBe(2);
  });
});
