import { describe, expect, it } from 'vitest';
import { runLine } from '../testing/commandLine.ts';
import { TestServer } from '../testing/server.ts';

const run = (argv: readonly string[], stdin: string | Uint8Array = '') => runLine(argv, { stdin });

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
