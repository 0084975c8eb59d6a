import { Labels } from '@binnacle/model';
import type { AlertingRule } from '../../rules/alertingRule.ts';
import { timeText, type TestFailure } from './testFailure.ts';
import type { AlertTestSection } from './testFile.ts';

/** Compares the alerts of a name that fire now, in all groups, with those that a test expects. */
export function checkAlerts(test: AlertTestSection, rules: readonly AlertingRule[]): TestFailure[] {
  const { alertname = '', eval_time: time, exp_alerts: alerts } = test;
  const expected = (alerts ?? [])
    .map(({ exp_labels: labels, exp_annotations: annotations }) =>
      alertText(Labels.from({ ...labels, alertname }), annotations ?? {}),
    )
    .sort();
  const found = rules
    .filter(({ name }) => name === alertname)
    .flatMap((rule) => rule.alerts())
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => alertText(labels, annotations))
    .sort();
  if (expected.length === found.length && expected.every((text, i) => text === found[i])) return [];
  const message = rules.some(({ name }) => name === alertname)
    ? 'other alerts fire than expected'
    : 'no rule has this alertname';
  return [{ what: `alert ${alertname}, ${timeText(time)}`, message, expected, found }];
}

/** An empty label or annotation is as one that is not there, for labels only. */
function alertText(labels: Labels, annotations: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${labels.toString()} ${JSON.stringify(Object.fromEntries(sorted))}`;
}
