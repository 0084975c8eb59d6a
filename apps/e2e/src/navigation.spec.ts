import { findException, pathOf } from './exceptions.ts';
import { expect, test } from './fixtures.ts';
import { pushException } from './push.ts';

test.describe('getting around', () => {
  test('old Periskop links lead to the same thing', async ({ page }) => {
    const item = await findException(page, 'status=all');
    await page.goto(`/#/${encodeURIComponent(item.service)}/errors/${encodeURIComponent(item.key)}`);
    await expect(page.getByRole('heading', { level: 1, name: item.class })).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`/exceptions/${item.service}/`));
    await page.goto(`/#/${item.service}`);
    await expect(page).toHaveURL(new RegExp(`/services/${item.service}`));
    await page.goto('/#/targets');
    await expect(page.getByRole('heading', { level: 1, name: 'Targets' })).toBeVisible();
  });

  test('keys that look like paths have pages', async ({ page }) => {
    const key = `a//b?c#d%2F ${Date.now()}`;
    const item = await pushException(page, { key, class: 'OddKeyError', message: 'an odd key' });
    await page.goto(pathOf(item));
    await expect(page.getByRole('heading', { level: 1, name: item.class })).toBeVisible();
    await page.goto(`/exceptions?q=${encodeURIComponent(item.key)}`);
    await page.getByRole('link', { name: item.class, exact: true }).click();
    await expect(page.getByRole('main').getByText(item.key)).toBeVisible();
  });

  test('chords go to pages, the sheet and the palette open', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
    for (const [key, title] of [
      ['x', 'Exceptions'],
      ['t', 'Targets'],
      ['s', 'Services'],
      ['h', 'Help'],
      ['o', 'Overview'],
    ] as const) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
    }
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('combobox', { name: 'Command palette' }).fill('targ');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/targets$/);
  });

  test('the time range is in the address, on every page, and Back returns to it', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('button', { name: 'Time range: Last 1 h' }).click();
    await page.getByRole('textbox', { name: 'Range' }).fill('last 6 hours');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/from=now-6h/);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Exceptions' }).click();
    await expect(page).toHaveURL(/\/exceptions\?from=now-6h/);
    await page.keyboard.press('t');
    await page.keyboard.press('f');
    await expect(page).toHaveURL(/from=\d{4}-/);
    await page.goBack();
    await expect(page.getByRole('button', { name: 'Time range: Last 6 h' })).toBeVisible();
    await page.getByRole('button', { name: 'Time range: Last 6 h' }).click();
    await page.getByRole('textbox', { name: 'Range' }).fill('next week maybe');
    await page.keyboard.press('Enter');
    await expect(page.getByText(/^Not a range/)).toBeVisible();
  });

  test('a shared link is frozen', async ({ page }) => {
    await page.goto('/exceptions?q=error');
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByRole('menuitem', { name: 'With this time range frozen' }).click();
    await expect(page.getByText('Link copied, with the time range frozen')).toBeVisible();
    const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
    expect(link.searchParams.get('q')).toBe('error');
    expect(Date.parse(link.searchParams.get('to')!) - Date.parse(link.searchParams.get('from')!)).toBe(
      3_600_000,
    );
  });

  test('automatic refresh fetches by itself and says why it waits', async ({ page }) => {
    let requests = 0;
    page.on('request', (request) => (requests += request.url().includes('/api/v1/services') ? 1 : 0));
    await page.goto('/services?refresh=5s');
    await expect(page.getByRole('button', { name: 'Refresh every: 5s' })).toBeVisible();
    await expect.poll(() => requests, { timeout: 15_000 }).toBeGreaterThan(1);
    await page.keyboard.press('?');
    await expect(page.getByText('paused: dialog open')).toBeAttached();
    await page.keyboard.press('Escape');
    await expect(page.getByText('paused: dialog open')).toHaveCount(0);
  });

  test('theme and rows are remembered in this browser, not in the address', async ({ page }) => {
    await page.goto('/');
    await page.getByRole('button', { name: 'Display settings' }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    await page.reload();
    await expect
      .poll(() => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor))
      .toBe('rgb(15, 17, 20)');
    expect(new URL(page.url()).search).toBe('');
  });
});
