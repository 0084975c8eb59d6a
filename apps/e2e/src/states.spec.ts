import { exceptionRows, findException, pathOf } from './exceptions.ts';
import { expect, test } from './fixtures.ts';

const LIST = /\/api\/v1\/exceptions\?/;
const REFUSED = {
  status: 500,
  json: { error: { code: 'EXCEPTIONS_STORAGE', message: 'database is locked' } },
};

test.describe('states', () => {
  test('an error shows what the server said, and Retry recovers', async ({ page, provoked }) => {
    provoked.push(/500/);
    await page.route(LIST, (route) => route.fulfill({ ...REFUSED, headers: { 'x-request-id': 'req-7' } }));
    await page.goto('/exceptions');
    const alert = page.getByRole('alert').filter({ hasText: 'Exceptions could not be loaded' });
    await expect(alert).toContainText('database is locked');
    await expect(alert).toContainText('status 500 · EXCEPTIONS_STORAGE · request req-7');
    await expect(page.getByRole('combobox', { name: 'Filter exceptions' })).toBeVisible();
    await page.unroute(LIST);
    await alert.getByRole('button', { name: 'Retry' }).click();
    await expect(exceptionRows(page).first()).toBeVisible();
  });

  test('a connection that breaks is said in words', async ({ page, provoked }) => {
    provoked.push(/ERR_FAILED/);
    await page.route(LIST, (route) => route.abort());
    await page.goto('/exceptions');
    await expect(
      page.getByRole('alert').filter({ hasText: 'The dashboard server could not be reached.' }),
    ).toBeVisible();
  });

  test('a failed refresh keeps the rows and tells their age', async ({ page, provoked }) => {
    provoked.push(/500/);
    await page.goto('/exceptions');
    await expect(exceptionRows(page).first()).toBeVisible();
    await page.route(LIST, (route) => route.fulfill(REFUSED));
    await page.getByRole('button', { name: 'Refresh', exact: true }).click();
    await expect(page.getByText(/^As of \d\d:\d\d:\d\d\. database is locked/)).toBeVisible();
    await expect(exceptionRows(page).first()).toBeVisible();
  });

  test('a slow answer can be cancelled', async ({ page }) => {
    const aborted: string[] = [];
    page.on('requestfailed', (request) => aborted.push(request.failure()?.errorText ?? ''));
    await page.route(LIST, () => undefined);
    await page.goto('/exceptions');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByText('Loading exceptions was cancelled.')).toBeVisible();
    expect(aborted).toContain('net::ERR_ABORTED');
    await page.unroute(LIST);
    await page.getByRole('button', { name: 'Retry' }).click();
    await expect(exceptionRows(page).first()).toBeVisible();
  });

  test('one broken panel leaves the others alone', async ({ page, provoked }) => {
    provoked.push(/500/);
    const item = await findException(page, 'status=all');
    await page.route('**/series?**', (route) => route.fulfill(REFUSED));
    await page.goto(pathOf(item));
    await expect(page.getByRole('alert').filter({ hasText: 'The graph could not be loaded' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Versions' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Occurrence', exact: true })).toBeVisible();
  });

  test('nothing matches, nothing happened, nothing ever came: three different texts', async ({ page }) => {
    await page.goto('/exceptions?q=no-such-words-anywhere');
    await expect(page.getByText('Nothing matches the filter')).toBeVisible();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await expect(exceptionRows(page).first()).toBeVisible();

    await page.goto('/exceptions?from=2001-01-01T00:00:00Z&to=2001-01-01T01:00:00Z');
    await expect(page.getByText(/No occurrences in this window\. The last one was/)).toBeVisible();
    await page.getByRole('button', { name: 'Jump to it' }).click();
    await expect(page.getByText(/No occurrences in this window/)).toBeHidden();

    const window = { from: new Date(0).toISOString(), to: new Date().toISOString(), stepSeconds: 60 };
    await page.route(LIST, (route) =>
      route.fulfill({ json: { items: [], nextCursor: null, total: 0, window } }),
    );
    for (const path of ['/', '/exceptions']) {
      await page.goto(path);
      await expect(page.getByText('No exception has arrived yet')).toBeVisible();
      await expect(page.getByText(/Waiting for the first exception… [1-9]\d* s/)).toBeVisible();
      await expect(
        page
          .getByRole('region', { name: 'Or send a test exception now' })
          .or(page.getByText('Or send a test exception now')),
      ).toBeVisible();
    }
  });

  test('an exception that does not exist, and a page that does not', async ({ page, provoked }) => {
    provoked.push(/404/);
    await page.goto('/exceptions/tracks/never-reported');
    await expect(page.getByRole('heading', { level: 1, name: 'No such exception' })).toBeVisible();
    await page.goto('/no/such/page');
    await expect(page.getByRole('heading', { level: 1, name: 'There is no such page' })).toBeVisible();
  });

  test('a down target explains itself', async ({ page }) => {
    const error = 'GET http://10.0.3.17:4102/-/exceptions: no answer within 10 s';
    await page.route('**/api/v1/targets', async (route) => {
      const response = await route.fetch();
      const answer = (await response.json()) as { targets: object[] };
      const [first, ...others] = answer.targets;
      await route.fulfill({
        json: { ...answer, targets: [{ ...first, health: 'down', lastError: error }, ...others] },
      });
    });
    await page.goto('/targets?health=down');
    await expect(page.getByText(error)).toBeVisible();
    await expect(page.getByRole('cell', { name: 'Down' }).first()).toBeVisible();
    await page.getByRole('row', { name: error }).getByRole('button', { name: 'Copy' }).click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(error);
    await page.getByRole('group', { name: 'Health' }).getByRole('button', { name: /^Down/ }).click();
    await expect(page).not.toHaveURL(/health/);
    await expect(page.getByRole('cell', { name: 'Up' }).first()).toBeVisible();
  });
});

test('without a metrics server nothing of it is offered, and its pages say why', async ({ page }) => {
  await page.goto('/');
  const navigation = page.getByRole('navigation', { name: 'Main' });
  await expect(navigation.getByRole('link', { name: 'Targets' })).toBeVisible();
  await expect(navigation.getByRole('link', { name: 'Metrics' })).toHaveCount(0);
  await expect(navigation.getByRole('link', { name: 'Status' })).toHaveCount(0);
  for (const path of ['/metrics', '/metrics/catalog', '/status']) {
    await page.goto(path);
    await expect(page.getByText('There is no metrics server')).toBeVisible();
  }
});
