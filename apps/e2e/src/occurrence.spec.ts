import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { findException, pathOf } from './exceptions.ts';
import { expect, test } from './fixtures.ts';
import { pushException } from './push.ts';

const BODY = JSON.stringify({
  title: `it's "loud" & $HOME \`id\``,
  released: '2026-02-31',
  password: 'hunter2',
});

test.describe('an occurrence', () => {
  test('its request can be sent again from a copied command, without its secrets', async ({ page }) => {
    let received: { request: IncomingMessage; body: string } | undefined;
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      received = { request, body: Buffer.concat(chunks).toString() };
      response.writeHead(418).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const item = await pushException(page, {
      key: 'RangeError@1',
      class: 'RangeError',
      message: 'Invalid time value',
      http: {
        request_method: 'POST',
        request_url: '/tracks?access_token=abc123&q=it%27s',
        request_headers: {
          Host: `127.0.0.1:${port}`,
          Authorization: 'Bearer very.secret',
          'Content-Type': 'application/json',
          'X-Quote': `it's "fine"`,
        },
        request_body: BODY,
      },
    });

    await page.goto(pathOf(item));
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const options = `--silent --output /dev/null --write-out '%{http_code}'`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${command} ${options}`]);
    server.close();

    expect(stdout).toBe('418');
    expect([received!.request.method, received!.request.url]).toEqual([
      'POST',
      '/tracks?access_token=REDACTED&q=it%27s',
    ]);
    expect(received!.request.headers.authorization).toBe('REDACTED');
    expect(received!.request.headers['x-quote']).toBe(`it's "fine"`);
    expect(received!.body).toBe(BODY.replace('hunter2', 'REDACTED'));
    await expect(page.getByRole('main')).not.toContainText('very.secret');
    await page.getByRole('checkbox', { name: 'Show secrets' }).check();
    await expect(page.getByRole('main')).toContainText('very.secret');
  });

  test('is named by the address, and its neighbours are one key away', async ({ page }) => {
    const item = await pushException(page, { key: 'k', class: 'E', message: 'm', occurrences: 3 });
    await page.goto(pathOf(item));
    await expect(page.getByText('1 of 3 kept')).toBeVisible();
    await page.keyboard.press(']');
    await expect(page).toHaveURL(/occ=/);
    await expect(page.getByText('2 of 3 kept')).toBeVisible();
    await page.reload();
    await expect(page.getByText('2 of 3 kept')).toBeVisible();
    await page.keyboard.press('[');
    await expect(page.getByText('1 of 3 kept')).toBeVisible();
    await page.goto(`${pathOf(item)}?occ=gone`);
    await expect(page.getByText(/The occurrence of this link is no longer kept/)).toBeVisible();
  });

  test('shows causes as sections and folds the frames of frameworks', async ({ page }) => {
    const framework = '    at handler (/srv/node_modules/fastify/lib/route.js:1:1)';
    const item = await pushException(page, {
      key: 'k',
      class: 'UpstreamError',
      message: 'tracks failed',
      stacktrace: ['UpstreamError: tracks failed', '    at call (/srv/gateway/upstream.ts:1:1)', framework],
      cause: {
        class: 'ResponseError',
        message: 'status 500',
        stacktrace: ['    at parse (/srv/gateway/parse.ts:2:2)', framework],
        cause: null,
      },
    });
    await page.goto(pathOf(item));
    const cause = page.getByRole('region', { name: 'Cause 1' });
    await expect(cause).toContainText('Caused by');
    const error = page.getByRole('region', { name: 'Error', exact: true });
    await expect(error).toContainText('/srv/gateway/upstream.ts');
    await expect(error).not.toContainText('node_modules');
    await error.getByRole('button', { name: '1 framework frame' }).click();
    await expect(error).toContainText('node_modules');
    await page.getByRole('checkbox', { name: 'Framework frames' }).check();
    await expect(page).toHaveURL(/frames=all/);
    await expect(cause).toContainText('node_modules');
  });

  test('the graph can be read, zoomed by keyboard, and left by Back', async ({ page }) => {
    const item = await findException(page, 'status=all&sort=-count');
    await page.goto(pathOf(item));
    await expect(page.getByRole('figure', { name: /^Occurrences over time: [\d,]+ in/ })).toBeVisible();
    await page.getByRole('slider', { name: /Time cursor/ }).focus();
    for (let press = 0; press < 20; press += 1) await page.keyboard.press('ArrowLeft');
    for (let press = 0; press < 10; press += 1) await page.keyboard.press('Shift+ArrowLeft');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/from=\d{4}-.*to=\d{4}-/);
    await page.goBack();
    await expect(page).not.toHaveURL(/from=/);
    await page.getByRole('button', { name: 'Table' }).click();
    const table = page.getByRole('region', { name: 'Occurrences as a table' });
    await expect(table.getByRole('row').nth(1)).toBeVisible();
  });
});
