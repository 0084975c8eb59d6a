import type { Page } from '@playwright/test';
import { findException, pathOf } from './exceptions.ts';
import { expect, expectAccessible, test } from './fixtures.ts';

const PATHS = ['/', '/services', '/exceptions', '/targets', '/help'];

/** Opens each main page, waits until it shows its content, and lets `check` look at it. */
async function eachPage(page: Page, check: (path: string) => Promise<void>): Promise<void> {
  const item = await findException(page, 'status=all&sort=-count');
  for (const path of [...PATHS, `/services/${item.service}`, pathOf(item)]) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(page.getByText(/^Loading /)).toHaveCount(0);
    await check(path);
  }
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const forcedColors of ['none', 'active'] as const) {
    test.describe(`${colorScheme}, forced colours ${forcedColors}`, () => {
      test.use({ colorScheme, contextOptions: { forcedColors, reducedMotion: 'reduce' } });
      test('every page passes axe', async ({ page }) => {
        test.slow();
        await eachPage(page, () => expectAccessible(page));
      });
    });
  }
}

for (const width of [320, 390, 1024]) {
  test.describe(`${width} px`, () => {
    test.use({ viewport: { width, height: 800 } });
    test('no page scrolls sideways, and every page passes axe', async ({ page }) => {
      test.slow();
      await eachPage(page, async (path) => {
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow, `${path} is ${overflow} px too wide`).toBeLessThanOrEqual(0);
        await expectAccessible(page);
      });
    });
  });
}

test('the navigation of narrow screens is a drawer', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 700 });
  await page.goto('/');
  await page.getByRole('button', { name: 'Menu' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Exceptions' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Exceptions' })).toBeVisible();
  await expect(page.getByRole('dialog')).toBeHidden();
});

test('every status has a word beside its shape', async ({ page }) => {
  await page.goto('/exceptions?q=is:all');
  const cells = page.getByRole('grid', { name: 'Exceptions' }).getByRole('rowgroup').nth(1).getByRole('row');
  await expect(cells.first()).toBeVisible();
  for (const row of await cells.all()) {
    await expect(row.getByRole('gridcell').nth(1)).toHaveText(/^(New|Ongoing|Regressed|Resolved|Muted)$/);
  }
});
