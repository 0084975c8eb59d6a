import { exceptionRows, findException, pathOf } from './exceptions.ts';
import { expect, test } from './fixtures.ts';

test.describe('triage', () => {
  test('by keyboard alone, with undo', async ({ page }) => {
    await page.goto('/exceptions');
    const second = exceptionRows(page).nth(1);
    await expect(second).toBeVisible();
    const name = (await second.getByRole('link').textContent())!;
    const status = (await second.getByRole('gridcell').nth(1).textContent())!;
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await expect(second).toBeFocused();
    await page.keyboard.press('x');
    await expect(second).toHaveAttribute('aria-selected', 'true');
    await expect(page.getByRole('toolbar', { name: 'Selected exceptions' })).toContainText(
      '1 exception selected',
    );

    await page.keyboard.press('e');
    await expect(second).toContainText('Resolved');
    await expect(second).toContainText(name);
    await expect(second).toBeFocused();
    await expect(page.getByRole('status').filter({ hasText: `${name} resolved` })).toBeVisible();

    await page.keyboard.press('z');
    await expect(second).toContainText(status);
    await expect(second).toContainText(name);
    await page.reload();
    await expect(exceptionRows(page).filter({ hasText: name }).first()).toContainText(status);
  });

  test('several at once are muted and come back', async ({ page }) => {
    await page.goto('/exceptions');
    const rows = [exceptionRows(page).nth(0), exceptionRows(page).nth(2)];
    for (const row of rows) await row.getByRole('checkbox').check();
    await page.getByRole('toolbar').getByRole('button', { name: 'Mute…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Mute 2 exceptions' });
    await dialog.getByRole('radio', { name: 'for 24 hours' }).check();
    await dialog.getByRole('button', { name: 'Mute', exact: true }).click();
    for (const row of rows) await expect(row).toContainText('Muted');
    await page.getByRole('button', { name: 'Undo' }).click();
    for (const row of rows) await expect(row).not.toContainText('Muted');
  });

  test('an action that the server refuses is taken back and said', async ({ page, provoked }) => {
    provoked.push(/500/);
    await page.route('**/exceptions/actions', (route) =>
      route.fulfill({
        status: 500,
        json: { error: { code: 'EXCEPTIONS_STORAGE', message: 'the disk is full' } },
      }),
    );
    await page.goto('/exceptions');
    await expect(exceptionRows(page).first()).toBeVisible();
    await page.keyboard.press('j');
    await page.keyboard.press('e');
    await expect(
      page.getByRole('alert').filter({ hasText: 'could not be resolved. the disk is full' }),
    ).toBeVisible();
    await expect(exceptionRows(page).first()).not.toContainText('Resolved');
  });

  test('on the page of an exception', async ({ page }) => {
    const item = await findException(page, 'status=new&status=ongoing');
    await page.goto(pathOf(item));
    await page.getByRole('button', { name: 'Resolve' }).click();
    await expect(page.getByRole('article').getByText('Resolved', { exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Reopen' })).toBeVisible();
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByRole('button', { name: 'Resolve' })).toBeVisible();
  });

  test('keys typed into a field, or with shortcuts switched off, do nothing', async ({ page }) => {
    await page.goto('/exceptions');
    await page.getByRole('combobox', { name: 'Filter exceptions' }).pressSequentially('je');
    await expect(page.getByRole('combobox', { name: 'Filter exceptions' })).toHaveValue('je');
    await page.goto('/exceptions');
    await expect(exceptionRows(page).first()).toBeVisible();
    await page.getByRole('button', { name: 'Display settings' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Single-key shortcuts' }).click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('e');
    await expect(page.getByRole('grid').getByText('Resolved', { exact: true })).toHaveCount(0);
    await expect(page).not.toHaveURL(/sel=/);
  });
});
