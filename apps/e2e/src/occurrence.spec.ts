import { execFile } from 'node:child_process';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import type { Page } from '@playwright/test';
import { expect, findException, pathOf, test, type ListedException } from './fixtures.ts';

interface Sample {
  readonly uuid: string;
  readonly http: {
    method: string;
    url: string;
    headers: Record<string, string> | null;
    body: string | null;
  } | null;
}

/** An exception with a sample that `matches`, and the sample. */
async function findSample(
  page: Page,
  matches: (sample: Sample) => boolean,
): Promise<{ item: ListedException; sample: Sample }> {
  const list = await page.request.get('/api/exceptions/api/v1/exceptions?status=all&limit=1000');
  for (const item of ((await list.json()) as { items: ListedException[] }).items) {
    const detail = await page.request.get(`/api/exceptions/api/v1/exceptions/${item.id}`);
    const sample = ((await detail.json()) as { samples: Sample[] }).samples.find(matches);
    if (sample !== undefined) return { item, sample };
  }
  throw new Error('the stack has no sample that the spec needs');
}

test.describe('an occurrence', () => {
  test('its request can be sent again from a copied command, without its secrets', async ({ page }) => {
    const { item, sample } = await findSample(
      page,
      ({ http }) => http?.headers?.['Authorization'] !== undefined && http.body !== null,
    );
    const http = sample.http!;
    let received: { request: IncomingMessage; body: string } | undefined;
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      received = { request, body: Buffer.concat(chunks).toString() };
      response.writeHead(418).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;

    await page.goto(`${pathOf(item)}?occ=${sample.uuid}`);
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const options = `--silent --output /dev/null --write-out '%{http_code}' --connect-to ::127.0.0.1:${port}`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${command} ${options}`]);
    expect(stdout).toBe('418');
    server.close();

    expect(received!.request.method).toBe(http.method);
    expect(received!.request.headers.authorization).toBe('REDACTED');
    const sent = JSON.parse(http.body!) as Record<string, unknown>;
    const got = JSON.parse(received!.body) as Record<string, unknown>;
    for (const [name, value] of Object.entries(sent))
      expect(got[name]).toEqual(name === 'password' ? 'REDACTED' : value);
    expect(command).not.toContain(http.headers!['Authorization']!);
    await expect(page.getByRole('main')).not.toContainText(http.headers!['Authorization']!);
  });

  test('is named by the address, and its neighbours are one key away', async ({ page }) => {
    const { item } = await findSample(page, () => true);
    await page.goto(pathOf(item));
    const position = page.getByText(/^1 of \d+ kept$/);
    await expect(position).toBeVisible();
    await page.keyboard.press(']');
    await expect(page).toHaveURL(/occ=/);
    await expect(page.getByText(/^2 of \d+ kept$/)).toBeVisible();
    await page.reload();
    await expect(page.getByText(/^2 of \d+ kept$/)).toBeVisible();
    await page.keyboard.press('[');
    await expect(position).toBeVisible();
  });

  test('shows causes as sections and folds the frames of frameworks', async ({ page }) => {
    const item = await findException(page, 'status=all', ({ class: name }) => name === 'UpstreamError');
    await page.goto(pathOf(item));
    const cause = page.getByRole('region', { name: 'Cause 1' });
    await expect(cause).toContainText('Caused by');
    const error = page.getByRole('region', { name: 'Error', exact: true });
    await expect(error).not.toContainText('node_modules');
    await error.getByRole('button', { name: /framework frame/ }).click();
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
    await expect(
      page.getByRole('region', { name: 'Occurrences as a table' }).getByRole('row').nth(1),
    ).toBeVisible();
  });
});
