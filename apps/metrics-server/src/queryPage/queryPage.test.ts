import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describeWith, tempDir, waitFor } from '@binnacle/testing';
import { expect, it } from 'vitest';
import { TestServer } from '../testing/server.ts';

const run = promisify(execFile);

it.each([
  ['', '/', '/query'],
  ['', '/graph?g0.expr=up+%3D%3D+0&g0.tab=1', '/query?g0.expr=up+%3D%3D+0&g0.tab=1'],
  ['/p/q', '/p/q/', '/p/q/query'],
  ['/p/q', '/p/q/graph?g0.expr=up', '/p/q/query?g0.expr=up'],
])('under the path %j, %s leads to %s', async (path, from, to) => {
  const flags = path === '' ? [] : [`--web.external-url=http://metrics.example${path}/`];
  await using server = await TestServer.start('', { flags });
  const origin = new URL(server.url).origin;
  const answer = await fetch(origin + from, { redirect: 'manual' });
  expect([answer.status, answer.headers.get('location')]).toEqual([302, to]);
  const page = await fetch(origin + to);
  expect(page.status).toBe(200);
  const text = await page.text();
  for (const [, name] of text.matchAll(/(?:href|src)="(query\/[^"]+)"/g)) {
    const asset = await fetch(new URL(name!, page.url));
    expect([asset.status, (await asset.text()).length > 0]).toEqual([200, true]);
  }
});

it('the page takes nothing from elsewhere, and says its title and the address of the dashboard', async () => {
  await using server = await TestServer.start('', {
    flags: ['--web.page-title=Shop <1>', '--web.dashboard-url=http://dash.example/?a=1&b="'],
  });
  const page = await server.fetch('/query');
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  const text = await page.text();
  expect(text).toContain('<title>Shop &#60;1&#62;</title>');
  expect(text).toContain('data-dashboard="http://dash.example/?a=1&#38;b=&#34;"');
  expect(text.match(/(?:src|href)="(?!query|api\/|metrics|data:)[^"]*"/g)).toBeNull();
});

describeWith('chromium', 'the page in a browser', () => {
  /** The page's document once its query has been answered, which a busy machine may take more than one look for. */
  const open = (url: string): Promise<string> =>
    waitFor(async () => {
      const document = await dump(url);
      return document.includes('Running…') ? undefined : document;
    });

  const dump = async (url: string): Promise<string> => {
    using profile = tempDir('chromium');
    const { stdout } = await run(process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium', [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${profile.path}`,
      '--virtual-time-budget=5000',
      '--dump-dom',
      url,
    ]);
    return stdout;
  };

  it(
    'opens the query of a link as a table, as a graph, and with what is wrong',
    { timeout: 60_000 },
    async () => {
      await using server = await TestServer.start('', { flags: ['--web.external-url=http://m.example/p'] });
      const now = Date.now() / 1000;
      await server.write1(
        ['x', 'y'].map((host, i) => ({
          labels: { __name__: 'shop_requests', host },
          samples: [60, 30, 0].map((ago) => [now - ago, ago + i] as const),
        })),
      );
      const table = await open(`${server.url}/graph?g0.expr=shop_requests&g0.tab=1`);
      expect(table).toMatch(/<td class="series">shop_requests\{<span class="label">host<\/span>="x"\}<\/td>/);
      expect(table).toContain('2 series in ');
      const graph = await open(`${server.url}/query?g0.expr=shop_requests&g0.tab=0&g0.range_input=5m`);
      expect(graph.match(/<path class="line c\d" d="M[\d. ]+h0L/g)).toHaveLength(2);
      expect(graph).toContain('step 1 s');
      const wrong = await open(`${server.url}/query?g0.expr=sum(`);
      expect(wrong).toMatch(/role="alert">bad_data: invalid parameter "query": 1:5: parse error/);
    },
  );
});
