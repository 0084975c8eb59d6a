import { exceptionRows, findException } from './exceptions.ts';
import { expect, test } from './fixtures.ts';

test.describe('the list of exceptions', () => {
  test('filters and order live in the address', async ({ page }) => {
    const { service } = await findException(page, 'status=all');
    await page.goto('/exceptions');
    const filter = page.getByRole('combobox', { name: 'Filter exceptions' });
    await filter.fill('service:');
    await page
      .getByRole('option', { name: `service:${service}`, exact: false })
      .first()
      .click();
    await expect(page).toHaveURL(new RegExp(`[?&]q=service:${service}`));
    await expect(exceptionRows(page).first()).toContainText(service);
    for (const row of await exceptionRows(page).all()) await expect(row).toContainText(service);

    await page.getByRole('columnheader', { name: 'Count' }).getByRole('button').click();
    await expect(page).toHaveURL(/sort=-count/);
    await expect(page.getByRole('columnheader', { name: 'Count' })).toHaveAttribute(
      'aria-sort',
      'descending',
    );

    await page.reload();
    await expect(page.getByRole('button', { name: `Remove filter service:${service}` })).toBeVisible();
    await expect(page.getByRole('columnheader', { name: 'Count' })).toHaveAttribute(
      'aria-sort',
      'descending',
    );

    await page.goBack();
    await expect(page).not.toHaveURL(/sort=/);
    await page.goBack();
    await expect(page).not.toHaveURL(/service:/);
  });

  test('typing changes the address in place, Enter is a step back in the history', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Exceptions' }).click();
    const filter = page.getByRole('combobox', { name: 'Filter exceptions' });
    await filter.pressSequentially('error', { delay: 20 });
    await expect(page).toHaveURL(/[?&]q=error/);
    await page.goBack();
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  });

  test('menus add and remove tokens', async ({ page }) => {
    await page.goto('/exceptions');
    await page.getByRole('button', { name: 'Severity: any' }).click();
    await page.getByRole('menuitemcheckbox', { name: /^error/ }).click();
    await page.keyboard.press('Escape');
    await expect(page).toHaveURL(/q=severity:error/);
    await page.getByRole('button', { name: 'Remove filter severity:error' }).click();
    await expect(page).not.toHaveURL(/severity/);
  });

  test('a token that makes no sense says so and hides nothing', async ({ page }) => {
    await page.goto('/exceptions?q=is:nwe');
    await expect(page.getByText('is: knows new, ongoing, regressed, resolved, muted and all')).toBeVisible();
    await expect(exceptionRows(page).first()).toBeVisible();
  });

  test('ten thousand exceptions are one request and few rows', async ({ page, provoked }) => {
    provoked.push(/404.*exceptions\/0000/);
    const template = await (await page.request.get('/api/exceptions/api/v1/exceptions?limit=1')).json();
    const items = Array.from({ length: 10_000 }, (_, index) => ({
      ...template.items[0],
      id: index.toString(16).padStart(32, '0'),
      key: `key-${index}`,
      class: `Error${index}`,
    }));
    let requests = 0;
    await page.route(/\/api\/v1\/exceptions\?/, async (route) => {
      requests += 1;
      await route.fulfill({ json: { ...template, items, total: items.length, nextCursor: null } });
    });
    await page.goto('/exceptions');
    await expect(page.getByRole('link', { name: 'Error0', exact: true })).toBeVisible();
    expect(requests).toBe(1);
    expect(await exceptionRows(page).count()).toBeLessThanOrEqual(200);
    await expect(page.getByRole('grid', { name: 'Exceptions' })).toHaveAttribute('aria-rowcount', '10001');
    await page.keyboard.press('j');
    await expect(page.getByRole('row', { name: /Error0 / })).toBeFocused();
    await page.mouse.wheel(0, 200_000);
    await expect(page.getByRole('row', { name: /Error0 / })).toHaveCount(0);
    expect(await exceptionRows(page).count()).toBeLessThanOrEqual(200);
    await page.keyboard.press('j');
    await expect(page.getByRole('row', { name: /Error1 / })).toBeFocused();
    await expect(page.getByRole('row', { name: /Error1 / })).toBeInViewport();
  });

  test('new exceptions wait behind a button', async ({ page }) => {
    const change = {
      id: 'f'.repeat(32),
      service: 'any',
      key: 'k',
      status: 'new',
      kind: 'first_seen',
      at: new Date().toISOString(),
    };
    let send = (): void => undefined;
    const ready = new Promise<void>((resolve) => (send = resolve));
    await page.route('**/api/v1/changes', async (route) => {
      await ready;
      await route.fulfill({
        contentType: 'text/event-stream',
        body: `event: exception\ndata: ${JSON.stringify(change)}\n\n`,
      });
    });
    await page.goto('/exceptions');
    const first = await exceptionRows(page).first().textContent();
    send();
    await expect(page.getByRole('button', { name: '1 new' })).toBeVisible();
    expect(await exceptionRows(page).first().textContent()).toBe(first);
    await page.getByRole('button', { name: '1 new' }).click();
    await expect(page.getByRole('button', { name: '1 new' })).toBeHidden();
  });
});
