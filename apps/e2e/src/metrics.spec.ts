import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { expect, metricsTest as test } from './fixtures.ts';

const REQUESTS = 'sum by (code) (rate(http_requests_total{service="tracks"}[5m]))';

test.describe('queries', () => {
  test('are written with completion and seen as a table and as a graph', async ({ page }) => {
    await page.goto('/metrics');
    await editor(page).click();
    // The plain field that stands there until the editor has come knows no completion.
    await expect(editor(page)).toHaveAttribute('contenteditable', 'true');
    await page.keyboard.type('http_req', { delay: 30 });
    const option = page.getByRole('option', { name: /^http_requests_total/ });
    // The list that opens before the server has told the types does not have them.
    await expect(async () => {
      await page.keyboard.press('Escape');
      await page.keyboard.press('Control+Space');
      await expect(option).toContainText('counter', { timeout: 1_000 });
    }).toPass();
    await expect(async () => {
      if ((await option.getAttribute('aria-selected')) !== 'true') await page.keyboard.press('ArrowDown');
      await expect(option).toHaveAttribute('aria-selected', 'true', { timeout: 100 });
    }).toPass();
    await expect(page.getByText('HTTP requests answered or aborted')).toBeVisible();
    await page.keyboard.press('Enter');
    await page.keyboard.insertText('{service="tracks"}');
    await page.keyboard.press('Control+Enter');
    await expect(page).toHaveURL(/p0\.expr=http_requests_total/);
    await expect(tableRows(page).first()).toBeVisible();
    const rows = await tableRows(page).count();

    await viewButton(page, 'Graph').click();
    await expect(page).toHaveURL(/p0\.view=graph/);
    await expect(page.getByRole('figure')).toBeVisible();
    await expect(legend(page).getByRole('button')).toHaveCount(rows);
  });

  test('a mistake is underlined where the server says, over the result before it', async ({
    page,
    provoked,
  }) => {
    provoked.push(/400/);
    await page.goto(`/metrics?p0.expr=${encodeURIComponent(REQUESTS)}`);
    await expect(tableRows(page)).toHaveCount(2);
    await write(page, 'rate(foo[5m)');
    const alert = page.getByRole('alert').filter({ hasText: 'could not be loaded' });
    await expect(alert).toContainText('parse error');
    const said = (await alert.textContent())!;
    const column = Number(/1:(\d+): parse error/.exec(said)![1]);
    const answer = await page.request.get('/api/metrics/api/v1/query?query=rate(foo[5m)');
    const { error } = (await answer.json()) as { error: string };
    expect(said).toContain(error);
    const marked = page.locator('.cm-lintRange-error');
    const start = Math.min(column - 1, 'rate(foo[5m)'.length - 1);
    await expect(marked).toHaveText('rate(foo[5m)'.slice(start));
    await expect(tableRows(page)).toHaveCount(2);
    await expect(page.locator('[data-dimmed=true]')).toBeVisible();

    await write(page, REQUESTS);
    await expect(alert).toBeHidden();
    await expect(marked).toHaveCount(0);
  });

  test('a drag zooms in, Back and forward return, and every zoom asks for nearer points', async ({
    page,
  }) => {
    const steps: number[] = [];
    page.on('request', (request) => {
      const url = new URL(request.url());
      if (url.pathname.endsWith('/query_range')) steps.push(Number(url.searchParams.get('step')));
    });
    await page.goto(`/metrics?p0.expr=${encodeURIComponent(REQUESTS)}&p0.view=graph`);
    await expect(page.getByRole('figure')).toBeVisible();
    await drag(page, 0.5, 0.67);
    await expect(page).toHaveURL(/from=\d{4}-/);
    const first = spanOf(page);
    expect(first / 60_000).toBeCloseTo(10, 0);
    await expect.poll(() => steps.length).toBe(2);
    await drag(page, 0.5, 0.7);
    await expect.poll(() => spanOf(page)).toBeLessThan(first / 3);
    const second = spanOf(page);
    await expect.poll(() => steps.length).toBe(3);
    expect(steps[1]).toBeLessThan(steps[0]!);
    expect(steps[2]).toBeLessThan(steps[1]!);
    await page.goBack();
    await expect.poll(() => spanOf(page)).toBe(first);
    await page.goForward();
    await expect.poll(() => spanOf(page)).toBe(second);
    await page.goBack();
    await page.goBack();
    await expect(page).not.toHaveURL(/from=/);
  });

  test('a shared link is frozen and shows the same, hidden series included', async ({
    page,
    browser,
    stack,
  }) => {
    await page.goto(`/metrics?p0.expr=${encodeURIComponent(REQUESTS)}&p0.view=graph`);
    const failed = legend(page).getByRole('button', { name: /5xx/ });
    await failed.click();
    await expect(failed).toHaveAttribute('aria-pressed', 'false');
    await expect(page).toHaveURL(/hide=/);
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByRole('menuitem', { name: 'With this time range frozen' }).click();
    await expect(page.getByText('Link copied, with the time range frozen')).toBeVisible();
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    const [from, to] = ['from', 'to'].map((name) => Date.parse(link.searchParams.get(name)!));
    expect(to! - from!).toBe(3_600_000);

    const context = await browser.newContext({ baseURL: stack.url, locale: 'en-US', timezoneId: 'UTC' });
    const other = await context.newPage();
    await other.clock.install({ time: Date.now() + 600_000 });
    const asked = other.waitForRequest(/query_range/);
    await other.goto(link.href);
    const query = new URL((await asked).url()).searchParams;
    expect(Math.abs(Number(query.get('end')) * 1000 - to!)).toBeLessThan(10_000);
    await expect(legend(other).getByRole('button')).toHaveCount(2);
    await expect(legend(other).getByRole('button', { name: /5xx/ })).toHaveAttribute('aria-pressed', 'false');
    await expect(legend(other).getByRole('button', { name: /2xx/ })).toHaveAttribute('aria-pressed', 'true');
    await context.close();
  });

  test('copied PromQL and the CSV are what the screen shows', async ({ page }) => {
    const expr = 'demo_awkward{service="tracks"}';
    await page.goto(`/metrics?p0.expr=${encodeURIComponent(expr)}`);
    await expect(tableRows(page)).toHaveCount(2);
    await page.keyboard.press('y');
    await page.keyboard.press('q');
    await expect(page.getByText('PromQL copied')).toBeVisible();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(expr);

    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: 'CSV' }).click();
    const records = parseCsv(await readFile(await (await downloading).path(), 'utf8'));
    const shown = await page
      .getByRole('region', { name: 'Result of Query 1' })
      .getByRole('row')
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent ?? '')));
    expect(records).toEqual(shown);
    expect(records.flat()).toContain('a,b "c"\nd');
  });

  test('a slow query can be cancelled', async ({ page }) => {
    await page.route(/\/api\/v1\/query\?/, () => undefined);
    await page.goto('/metrics?p0.expr=up');
    await page
      .getByRole('region', { name: 'Query 1' })
      .getByRole('button', { name: 'Cancel' })
      .first()
      .click();
    await expect(page.getByText('The query was cancelled.')).toBeVisible();
    await page.unroute(/\/api\/v1\/query\?/);
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect(tableRows(page).first()).toBeVisible();
  });
});

test('a histogram of the catalog becomes a graph without a word of PromQL', async ({ page }) => {
  await waitForAnswer(
    page,
    'query?query=rate(http_request_duration_seconds_count[5m] offset 10s)>0',
    /"value"/,
  );
  await page.goto('/metrics/catalog');
  await page.getByRole('textbox', { name: 'Search metrics' }).fill('http_request_duration');
  const row = page.getByRole('row', { name: /^http_request_duration_seconds histogram/ });
  await expect(row).toContainText('Time from the head of an HTTP request');
  await row.getByRole('link').click();
  const graph = page.getByRole('region', { name: 'Graph' });
  await expect(graph).toContainText('histogram_quantile(0.95, sum by (le) (rate(');
  await expect(graph.getByRole('figure')).toBeVisible();
  await graph.getByRole('link', { name: 'Open in Explore' }).click();
  await expect(page).toHaveURL(/p0\.expr=histogram_quantile/);
  await expect(page.getByRole('figure')).toBeVisible();
});

test('a metric target that is down says why and since when', async ({ page }) => {
  // A graph ends at a round time, up to one step ago.
  await waitForAnswer(page, 'query?query=up{job="search"} offset 10s', /"value"/);
  await page.goto('/targets?health=down');
  const search = page.getByRole('region', { name: 'Metrics of search', exact: true });
  await expect(search).toContainText('connection refused');
  await expect(search.getByRole('row').nth(1)).toContainText(/now|\d s ago/);
  await search.locator('summary').click();
  await expect(search).toContainText('__scrape_interval__');
  await search.getByRole('link', { name: 'Graph up, last hour' }).click();
  await expect(page).toHaveURL(/p0\.expr=up/);
  await expect(page.getByRole('figure')).toHaveAccessibleName(/largest 0/);
});

test('requests, errors, latency and exceptions of a service share one time axis', async ({ page }) => {
  await page.goto('/services/tracks?tab=summary');
  const lanes: { x: number; width: number }[] = [];
  for (const name of ['Requests per second', 'Share of errors', 'Latency']) {
    const figure = page.getByRole('figure', { name: new RegExp(`^${name}`) });
    await expect(figure).toBeVisible();
    lanes.push((await figure.getByRole('slider').boundingBox())!);
  }
  const top = page.getByRole('region', { name: 'Top exceptions' });
  await expect(top.getByRole('listitem').first()).toBeVisible();
  for (const lane of lanes) {
    expect([lane.x, lane.width]).toEqual([lanes[0]!.x, lanes[0]!.width]);
  }
  await expect(page.getByRole('figure', { name: /^Latency/ })).toContainText('p99');
});

test('status shows build, flags, configuration and storage', async ({ page }) => {
  await page.goto('/status');
  for (const [tab, text] of [
    ['Build', 'goVersion'],
    ['Flags', 'storage.tsdb.path'],
    ['Configuration', 'scrape_configs:'],
    ['Storage', 'Series by metric'],
  ] as const) {
    await page.getByRole('tab', { name: tab }).click();
    await expect(page.getByRole('tabpanel')).toContainText(text);
  }
});

test('ten lines of ten thousand points stay smooth under the pointer', async ({ page }) => {
  await page.route(/query_range/, async (route) => {
    const query = new URL(route.request().url()).searchParams;
    const [start, end] = [Number(query.get('start')), Number(query.get('end'))];
    const step = (end - start) / 9_999;
    const result = Array.from({ length: 10 }, (_, series) => ({
      metric: { series: String(series) },
      values: Array.from({ length: 10_000 }, (_unused, index) => [
        start + index * step,
        String(Math.sin(index / 300 + series) + series),
      ]),
    }));
    await route.fulfill({ json: { status: 'success', data: { resultType: 'matrix', result } } });
  });
  await page.goto('/metrics?p0.expr=many&p0.view=graph');
  const plot = page.getByRole('figure').getByRole('slider');
  await expect(legend(page).getByRole('button')).toHaveCount(10);
  await expect(page.locator('canvas')).toBeVisible();
  await page.evaluate(async () => {
    // The first drawing is none that pointing causes.
    for (let frame = 0; frame < 10; frame += 1) await new Promise(requestAnimationFrame);
    const clear = CanvasRenderingContext2D.prototype.clearRect;
    const counter = { draws: 0 };
    CanvasRenderingContext2D.prototype.clearRect = function (x, y, width, height) {
      counter.draws += 1;
      clear.call(this, x, y, width, height);
    };
    Object.assign(globalThis, { counter });
  });
  const box = (await plot.boundingBox())!;
  await page.mouse.move(box.x + 10, box.y + 50);
  await page.mouse.move(box.x + box.width - 10, box.y + 150, { steps: 60 });
  await expect(page.getByRole('figure')).not.toContainText('last');
  const draws = await page.evaluate(
    () => (globalThis as unknown as { counter: { draws: number } }).counter.draws,
  );
  expect(draws, 'pointing at a chart must not draw its canvas again').toBe(0);
});

const editor = (page: Page): Locator => page.getByRole('textbox', { name: 'PromQL of query 1' });
const viewButton = (page: Page, name: string): Locator =>
  page.getByRole('group', { name: 'View of query 1' }).getByRole('button', { name });
const tableRows = (page: Page): Locator =>
  page.getByRole('region', { name: 'Result of Query 1' }).getByRole('rowgroup').nth(1).getByRole('row');
const legend = (page: Page): Locator => page.getByRole('list', { name: 'Series of Query 1' });

/** Waits until what was scraped shows in an answer of the metrics server. */
async function waitForAnswer(page: Page, path: string, pattern: RegExp): Promise<void> {
  await expect
    .poll(async () => (await page.request.get(`/api/metrics/api/v1/${path}`)).text(), { timeout: 60_000 })
    .toMatch(pattern);
}

/** Replaces the query and runs it. */
async function write(page: Page, expr: string): Promise<void> {
  // Until the editor has come a plain field stands there, and what is done to it may be half done when it goes.
  await expect(editor(page)).toHaveAttribute('contenteditable', 'true');
  await editor(page).click();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expect(editor(page).locator('.cm-placeholder')).toBeVisible();
  await page.keyboard.insertText(expr);
  await page.keyboard.press('Control+Enter');
}

/** Selects a stretch of the graph, in parts of its width. */
async function drag(page: Page, from: number, to: number): Promise<void> {
  const box = (await page.getByRole('figure').getByRole('slider').boundingBox())!;
  await page.mouse.move(box.x + box.width * from, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, box.y + 80, { steps: 5 });
  await page.mouse.up();
}

function spanOf(page: Page): number {
  const search = new URL(page.url()).searchParams;
  return Date.parse(search.get('to')!) - Date.parse(search.get('from')!);
}

function parseCsv(text: string): string[][] {
  const records: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|\r\n|$)/g)) {
    if (end === '' && (plain ?? '') === '' && records.at(-1)!.length === 0) break;
    records.at(-1)!.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === '\r\n') records.push([]);
  }
  return records.filter((record) => record.length > 0);
}
