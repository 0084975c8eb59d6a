import { AxeBuilder } from '@axe-core/playwright';
import { expect, test as base, type Page } from '@playwright/test';
import type { MetricsServerKind } from './metricsServer.ts';
import { startStack, type Stack } from './stack.ts';

export { expect };

interface Fixtures {
  /** Messages on the console that the spec provokes; any other error fails it. */
  readonly provoked: RegExp[];
  readonly watch: void;
}

/**
 * A spec of the browser. Each ends with two checks: nothing was reported as an error on the console, and axe finds
 * nothing serious or critical on the page as the spec left it.
 */
export const test = base.extend<Fixtures, { stack: Stack }>({
  stack: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      await using stack = await startStack();
      await use(stack);
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  baseURL: async ({ stack }, use) => use(stack.url),
  // eslint-disable-next-line no-empty-pattern
  provoked: async ({}, use) => use([]),
  watch: [
    async ({ page, provoked }, use) => {
      const errors: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(`${message.text()} (${message.location().url})`);
      });
      page.on('pageerror', (error) => errors.push(String(error)));
      await use();
      expect(errors.filter((text) => !provoked.some((pattern) => pattern.test(text)))).toEqual([]);
      await expectAccessible(page);
    },
    { auto: true },
  ],
});

/** A spec that needs a metrics server: ours, or with the project `prometheus` the machine's, if it has one. */
export const metricsTest = test.extend<{ needsMetrics: void }, { stack: Stack; metrics: MetricsServerKind }>({
  metrics: ['binnacle', { option: true, scope: 'worker' }],
  stack: [
    async ({ metrics }, use) => {
      await using stack = await startStack({ metrics });
      await use(stack);
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  needsMetrics: [
    async ({ stack }, use, info) => {
      info.skip(!stack.hasMetrics, 'this machine has no Prometheus: apt-get install prometheus');
      await use();
    },
    { auto: true },
  ],
});

/** Fails when axe finds something serious or critical, and says where. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const serious = violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => ({
      id,
      where: nodes.map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`),
    }));
  expect(serious).toEqual([]);
}
