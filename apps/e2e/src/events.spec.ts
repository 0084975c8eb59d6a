import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { APIRequestContext, Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { startStack } from './stack.ts';

const EVENTS = '/api/events/api/v1/events';
const MINUTE = 60_000;
let published = 0;

/** Publishes `count` plays, now. */
async function publishPlays(request: APIRequestContext, count: number, prefix = 'spec'): Promise<string[]> {
  const events = Array.from({ length: count }, () => {
    published += 1;
    return {
      specversion: '1.0',
      id: `spec-${Date.now()}-${published}`,
      source: 'spec',
      type: 'plays',
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data: { service: 'tracks', request_id: `${prefix}-${published}` },
    };
  });
  const response = await request.post(EVENTS, {
    data: events,
    headers: { 'content-type': 'application/cloudevents-batch+json' },
  });
  expect(response.ok()).toBe(true);
  return events.map(({ data }) => data.request_id);
}

function eventRows(page: Page): Locator {
  return page
    .getByRole('grid', { name: /^Events of/ })
    .getByRole('rowgroup', { name: 'Rows' })
    .getByRole('row');
}

/** The box that the rows scroll in. */
function rowBox(page: Page): Locator {
  return page.getByRole('rowgroup', { name: 'Rows' });
}

/** Text and place of the first row that is wholly inside the box. */
async function topRow(page: Page): Promise<{ text: string; top: number }> {
  return rowBox(page).evaluate((box) => {
    const { top } = box.getBoundingClientRect();
    const rows = [...box.querySelectorAll('[role=row]')]
      .map((row) => ({ text: row.textContent, top: row.getBoundingClientRect().top - top }))
      .filter((row) => row.top >= 0)
      .sort((a, b) => a.top - b.top);
    return rows[0]!;
  });
}

/** Offsets of the rows that are drawn, top to bottom. */
async function offsets(page: Page): Promise<number[]> {
  const texts = await eventRows(page).getByRole('gridcell').nth(1).allTextContents();
  return texts.map(Number);
}

const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 16);

test.describe('events', () => {
  test('the streams are listed with their rates and lead to their events', async ({ page }) => {
    await page.goto('/');
    await expect(page.getByRole('link', { name: 'Events', exact: true })).toBeVisible();
    await page.keyboard.press('g');
    await page.keyboard.press('e');
    await expect(page).toHaveURL(/\/events$/);
    // A rate is one of the last minute.
    await publishPlays(page.request, 3, 'rated');
    const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'plays' }) });
    await expect(row.getByRole('cell').nth(1)).toHaveText(/^0\.\d+$/);
    await row.getByRole('link', { name: 'plays' }).click();
    await expect(page.getByRole('figure', { name: /^Events over time: [\d,]+, most at/ })).toBeVisible();
    await expect(eventRows(page).first()).toBeVisible();
  });

  test('a live tail keeps what is being read', async ({ page }) => {
    await page.goto('/events/plays');
    await page.getByRole('button', { name: 'Live tail' }).click();
    await expect(page.getByRole('button', { name: 'Live, stop' })).toBeVisible();
    const [first] = await publishPlays(page.request, 1);
    await expect(eventRows(page).filter({ hasText: `"${first}"` })).toBeInViewport();

    await rowBox(page).hover();
    await page.mouse.wheel(0, -900);
    await expect(eventRows(page).filter({ hasText: `"${first}"` })).not.toBeInViewport();
    const before = await topRow(page);
    await publishPlays(page.request, 3);
    await expect(page.getByRole('button', { name: '3 new', exact: true })).toBeVisible();
    await publishPlays(page.request, 4);
    const pill = page.getByRole('button', { name: '7 new', exact: true });
    await expect(pill).toBeVisible();
    expect(await topRow(page)).toEqual(before);

    await page.getByRole('button', { name: 'Live, stop' }).click();
    await publishPlays(page.request, 2);
    await expect(pill).toBeVisible();
    expect(await topRow(page)).toEqual(before);
    await pill.click();
    await expect(page.getByRole('button', { name: /new$/ })).toBeHidden();
    const shown = await offsets(page);
    expect(new Set(shown).size).toBe(shown.length);
    expect(shown).toEqual([...shown].sort((a, b) => a - b));
    await expect(eventRows(page).filter({ hasText: 'spec-' })).toHaveCount(8);
  });

  test('seek to a time, find one message, see what it is about, and share it', async ({ page }) => {
    const at = Math.floor((Date.now() - 20 * MINUTE) / MINUTE) * MINUTE;
    await page.goto('/events/plays?tz=utc');
    await page.getByRole('textbox', { name: 'Seek to a time or an offset' }).fill(clock(at));
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/seek=ts:/);
    await expect.poll(async () => (await topRow(page)).text).toContain(` ${clock(at)}:`);
    const { text } = await topRow(page);
    const requestId = /"request_id":"([^"]+)"/.exec(text)![1]!;

    await page.getByRole('textbox', { name: 'Filter events' }).fill(`request_id=${requestId}`);
    await expect(eventRows(page)).toHaveCount(1);
    await eventRows(page).getByRole('link').click();
    const drawer = page.getByRole('complementary', { name: 'Event' });
    await expect(drawer).toContainText(requestId);
    await expect(drawer.getByRole('link', { name: /^Exceptions \d\d:\d\d–\d\d:\d\d$/ })).toBeVisible();
    await drawer.getByRole('tab', { name: 'Raw' }).click();
    await expect(drawer.getByText(`"request_id": "${requestId}"`)).toBeVisible();

    await page.reload();
    await expect(eventRows(page)).toHaveCount(1);
    await expect(eventRows(page)).toContainText(requestId);
    await expect(drawer).toContainText(requestId);
    await page.keyboard.press('Escape');
    await expect(drawer).toBeHidden();
  });

  test('rows join above and below while one scrolls, each once', async ({ page }) => {
    await page.goto('/events/plays?seek=offset:400');
    await expect(eventRows(page).first()).toBeVisible();
    expect((await topRow(page)).text).toMatch(/^[\d-]{5} [\d:.]{12}400track/);
    await rowBox(page).hover();
    for (let turn = 0; turn < 6; turn += 1) {
      await page.mouse.wheel(0, -1500);
      await expect.poll(async () => (await offsets(page)).length).toBeGreaterThan(0);
    }
    const above = await offsets(page);
    expect(above[0]).toBeLessThan(300);
    for (let step = 1; step < above.length; step += 1) expect(above[step]).toBeGreaterThan(above[step - 1]!);
    await page.getByRole('button', { name: 'Oldest' }).click();
    await expect.poll(async () => (await offsets(page))[0]).toBeLessThan(above[0]!);
  });

  test('an exception event leads to its exception, a deploy stands on the graph', async ({ page }) => {
    await page.goto('/events/exception.first_seen');
    await eventRows(page).filter({ hasText: 'waveform_url' }).getByRole('link').click();
    await page
      .getByRole('complementary', { name: 'Event' })
      .getByRole('link', { name: 'Exception', exact: true })
      .click();
    await expect(page.getByRole('heading', { level: 1, name: 'TypeError' })).toBeVisible();
    await expect(page.getByText('◆ deploy 1.8.0')).toBeVisible();
  });

  test('timelines are merged, and leave one by one', async ({ page }) => {
    await page.goto('/events/timeline?key=service:tracks&key=kind:deploy.finished');
    const entries = page.getByRole('region', { name: 'Entries' }).getByRole('row');
    const deploy = entries.filter({ hasText: 'tracks 1.8.0' });
    await expect(deploy).toHaveCount(1);
    await expect(deploy).toContainText('service:tracks');
    await expect(deploy).toContainText('kind:deploy.finished');
    await expect(entries.filter({ hasText: 'gateway 3.2.1' })).toHaveCount(1);
    await page.getByRole('button', { name: 'Remove kind:deploy.finished' }).click();
    await expect(entries.filter({ hasText: 'gateway 3.2.1' })).toHaveCount(0);
    await expect(page).toHaveURL(/key=service:tracks$/);
    await deploy.getByRole('link').click();
    await expect(page.getByRole('complementary', { name: 'Event' })).toContainText('previousVersion');
  });

  test('what is selected can be exported', async ({ page }) => {
    await page.goto('/events/deploy.finished');
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export JSONL' }).click();
    const stream = await (await download).createReadStream();
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    const lines = Buffer.concat(chunks).toString().trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { type: string }).type)).toContain('deploy.finished');
    expect((await download).suggestedFilename()).toBe('deploy.finished.jsonl');
  });
});

test.describe('a deploy', () => {
  test('published by curl appears in an open page within a second', async ({ page, provoked }) => {
    test.setTimeout(90_000);
    // The spec's own stack ends before the page does.
    provoked.push(/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED/);
    await using stack = await startStack({ events: 'real' });
    const connected = page.waitForResponse(/\/events\/live\?/);
    await page.goto(`${stack.url}/services/tracks`);
    await connected;
    const timeline = page.getByRole('region', { name: 'Timeline', exact: true });
    await expect(timeline.getByText(/^No deploy/)).toBeVisible();
    const event = {
      specversion: '1.0',
      id: 'deploy-1',
      source: 'curl',
      type: 'deploy.finished',
      datacontenttype: 'application/json',
      data: { service: 'tracks', version: '9.9.9' },
    };
    // The page itself notes when the mark stands there: on a busy machine the spec would look too late.
    const shownAt = page.evaluate(
      () =>
        new Promise<number>((resolve) => {
          const observer = new MutationObserver(() => {
            if (document.querySelector('a[aria-label^="deploy.finished: tracks 9.9.9"]') === null) return;
            observer.disconnect();
            resolve(Date.now());
          });
          observer.observe(document.body, { childList: true, subtree: true, attributes: true });
        }),
    );
    await promisify(execFile)('curl', [
      '--silent',
      '--fail',
      '--header',
      'content-type: application/cloudevents+json',
      '--data',
      JSON.stringify(event),
      stack.url + EVENTS,
    ]);
    const publishedAt = Date.now();
    expect((await shownAt) - publishedAt).toBeLessThan(1000);
    await expect(timeline.getByRole('link', { name: /^deploy\.finished: tracks 9\.9\.9/ })).toBeVisible();
  });

  test('a dashboard without stream-service does not offer events', async ({ page, provoked }) => {
    provoked.push(/ERR_INCOMPLETE_CHUNKED_ENCODING|ERR_CONNECTION_REFUSED/);
    await using stack = await startStack({ events: 'none' });
    await page.goto(`${stack.url}/services/tracks`);
    const main = page.getByRole('navigation', { name: 'Main' });
    await expect(main.getByRole('link', { name: 'Exceptions' })).toBeVisible();
    await expect(page.getByRole('tab', { name: 'Exceptions' })).toBeVisible();
    await expect(main.getByRole('link', { name: 'Events' })).toHaveCount(0);
    await expect(page.getByRole('region', { name: 'Timeline', exact: true })).toHaveCount(0);
  });
});
