import { Labels } from '@binnacle/model';
import { describeWith, waitFor } from '@binnacle/testing';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTargetPool, type DiscoveryConfig, type TargetDefaults } from '../index.ts';
import { arbitraryLabels, arbitraryRelabels } from '../testing/arbitraries.ts';
import { startPrometheus } from '../testing/prometheusPeer.ts';

interface Outcome {
  readonly labels: Record<string, string>;
  readonly url: string;
}

interface ScrapeCase {
  readonly config: DiscoveryConfig;
  readonly defaults: Required<Pick<TargetDefaults, 'scheme' | 'metricsPath' | 'params'>>;
}

const TIMING = { scrapeIntervalMs: 3_600_000, scrapeTimeoutMs: 1000 };

const scrapeCase: fc.Arbitrary<ScrapeCase> = fc.record({
  config: fc.record({
    static_configs: fc
      .record({ targets: fc.constant<string[]>(['h:1']), labels: arbitraryLabels })
      .map((one) => [one]),
    relabel_configs: fc.tuple(arbitraryRelabels, targetRelabel()).map((both) => both.flat()),
  }),
  defaults: fc.record({
    scheme: fc.constantFrom('http', 'https'),
    metricsPath: fc.constantFrom('/metrics', '/a b', '/x(1)?y'),
    params: fc.constantFrom({}, { module: ['m', 'n'] }, { 'q*': ['a b~', 'ü'], b: ['1'] }),
  }),
});

/** Rules over the labels from which a target's URL is made. */
function targetRelabel(): fc.Arbitrary<NonNullable<DiscoveryConfig['relabel_configs']>> {
  const labels = fc.constantFrom(
    '__address__',
    '__scheme__',
    '__metrics_path__',
    '__param_module',
    'instance',
    'job',
  );
  const replacement = fc.constantFrom('http', 'https', 'other:9', '/p', '', 'no/slash');
  return fc.array(fc.record({ target_label: labels, replacement }), { maxLength: 2 });
}

describeWith('prometheus', 'beside a real Prometheus', () => {
  it('makes the same targets of the same configuration', async () => {
    // Other schemes are refused by Prometheus's HTTP client, not by its discovery; and before version 3 the dot of
    // a regular expression did not match a newline, and an empty replacement deleted the label that is named like the
    // template of the target label instead of the one that the template makes.
    const cases = fc
      .sample(scrapeCase, { numRuns: 600 })
      .filter(({ config }) => config.relabel_configs!.every(keepsScheme))
      .filter(({ config }) => !config.relabel_configs!.some(mayClearTemplate))
      .filter(({ config }) => !JSON.stringify(config).includes('\\n'));
    const theirs = await askPrometheus(cases);
    for (const [index, { config, defaults }] of cases.entries()) {
      const name = `job${index}`;
      const pool = createTargetPool({
        name,
        config,
        defaults: { ...defaults, ...TIMING },
        nameValidation: 'legacy',
      });
      void pool.start();
      const ours = pool.active().map(({ labels, url }): Outcome => ({ labels: labels.toJSON(), url }));
      await pool.stop();
      expect(ours, JSON.stringify({ config, defaults })).toEqual(theirs.get(pool.name) ?? []);
    }
    expect(theirs.size).toBeGreaterThan(cases.length / 10);
  });
});

function mayClearTemplate({
  target_label,
  replacement,
}: {
  target_label?: string;
  replacement?: string;
}): boolean {
  return target_label?.includes('$') === true && /^(?:\$\w+|\$\{\w+\})*$/.test(replacement ?? '$1');
}

function keepsScheme({
  target_label,
  replacement,
}: {
  target_label?: string;
  replacement?: string;
}): boolean {
  return target_label !== '__scheme__' || /^https?$/.test(replacement ?? '');
}

/** Every job's targets. Jobs are told apart by a label that no rule touches. */
async function askPrometheus(cases: readonly ScrapeCase[]): Promise<Map<string, Outcome[]>> {
  await using peer = await startPrometheus(
    cases.map(({ config, defaults }, index) => ({
      job_name: `job${index}`,
      scheme: defaults.scheme,
      metrics_path: defaults.metricsPath,
      params: defaults.params,
      ...config,
    })),
  );
  let before = 0;
  return await waitFor(
    async () => {
      const data = await peer.targets<TargetsData>();
      const known = data.activeTargets.length + data.droppedTargets.length;
      const settled = known > 0 && known === before;
      before = known;
      return settled ? byPool(data) : undefined;
    },
    { timeoutMs: 25_000, intervalMs: 500, what: 'Prometheus to have discovered its targets' },
  );
}

interface TargetsData {
  readonly activeTargets: readonly {
    readonly labels: Record<string, string>;
    readonly scrapeUrl: string;
    readonly scrapePool: string;
  }[];
  readonly droppedTargets: readonly unknown[];
}

function byPool(data: TargetsData): Map<string, Outcome[]> {
  return new Map(
    data.activeTargets.map(({ labels, scrapeUrl, scrapePool }) => [
      scrapePool,
      [{ labels: Labels.from(labels).toJSON(), url: scrapeUrl }],
    ]),
  );
}
