import { formatGoFloat, type Matcher } from '@binnacle/model';
import type { ServiceApp } from '@binnacle/service-kit';
import { AlertingRule, type Alert } from '../rules/alertingRule.ts';
import type { Rule, RuleGroup } from '../rules/ruleGroup.ts';
import type { Dependencies } from './dependencies.ts';
import { success } from './envelope.ts';
import { badParam, RequestParams } from './requestParams.ts';

/** /rules and /alerts. */
export function ruleRoutes(app: ServiceApp, { rules }: Dependencies): void {
  app.get('/rules', async (request, reply) => {
    const params = RequestParams.of(request);
    const filter = filterOf(params);
    const limit = params.limit('group_limit');
    const token = params.text('group_next_token');
    if (token !== '' && limit === 0)
      throw badParam('group_limit', 'group_limit needs to be set to paginate over the groups');
    const files = params.all('file[]');
    const names = params.all('rule_group[]');
    const groups = rules
      .groups()
      .filter(({ options }) => files.length === 0 || files.includes(options.file))
      .filter(({ options }) => names.length === 0 || names.includes(options.name));
    const from = token === '' ? 0 : groups.findIndex((group) => tokenOf(group) === token);
    if (from < 0) throw badParam('group_next_token', 'no rule group has this token; it may be gone since');
    const page = limit === 0 ? groups.slice(from) : groups.slice(from, from + limit);
    const next = groups[from + page.length];
    const shown = page
      .map((group) => shownGroup(group, filter))
      .filter(({ rules: ofGroup }) => ofGroup.length > 0 || filter.isOpen);
    return success(reply, {
      groups: shown,
      ...(next !== undefined && { groupNextToken: tokenOf(next) }),
    });
  });

  app.get('/alerts', async (_request, reply) => {
    const alerts = rules
      .groups()
      .flatMap(({ options }) => options.rules)
      .flatMap((rule) => (rule instanceof AlertingRule ? rule.alerts() : []));
    return success(reply, { alerts: alerts.map(shownAlert) });
  });
}

interface RuleFilter {
  readonly isOpen: boolean;
  readonly withAlerts: boolean;
  matches(rule: Rule): boolean;
}

function filterOf(params: RequestParams): RuleFilter {
  const type = params.text('type').toLowerCase();
  if (!['', 'alert', 'record'].includes(type)) {
    throw badParam('type', `not supported value ${JSON.stringify(type)}`);
  }
  const names = params.all('rule_name[]');
  const selectors: Matcher[][] = params.matchers();
  const kind = type === 'alert' ? 'alerting' : 'recording';
  return {
    isOpen: type === '' && names.length === 0 && selectors.length === 0,
    withAlerts: params.text('exclude_alerts') !== 'true',
    matches: (rule) =>
      (type === '' || rule.kind === kind) &&
      (names.length === 0 || names.includes(rule.name)) &&
      (selectors.length === 0 ||
        selectors.some((matchers) => matchers.every((each) => each.matches(rule.labels.get(each.name))))),
  };
}

function shownGroup(group: RuleGroup, filter: RuleFilter) {
  const { name, file, intervalMs, limit, rules } = group.options;
  return {
    name,
    file,
    rules: rules.filter((rule) => filter.matches(rule)).map((rule) => shownRule(rule, filter.withAlerts)),
    interval: intervalMs / 1000,
    limit,
    evaluationTime: group.evaluationSeconds,
    lastEvaluation: new Date(group.lastEvaluationMs).toISOString(),
  };
}

function shownRule(rule: Rule, withAlerts: boolean): object {
  const { health, lastError, evaluationSeconds, lastEvaluationMs } = rule.health;
  const common = {
    name: rule.name,
    query: rule.query,
    health,
    ...(lastError !== '' && { lastError }),
    evaluationTime: evaluationSeconds,
    lastEvaluation: new Date(lastEvaluationMs).toISOString(),
  };
  if (!(rule instanceof AlertingRule)) return { ...common, labels: rule.labels, type: 'recording' };
  return {
    state: rule.state,
    ...common,
    duration: rule.options.forMs / 1000,
    keepFiringFor: rule.options.keepFiringForMs / 1000,
    labels: rule.labels,
    annotations: rule.options.annotations,
    alerts: withAlerts ? rule.alerts().map(shownAlert) : [],
    type: 'alerting',
  };
}

function shownAlert({ labels, annotations, state, activeAtMs, value, keepFiringSinceMs }: Alert): object {
  return {
    labels,
    annotations,
    state,
    activeAt: new Date(activeAtMs).toISOString(),
    ...(keepFiringSinceMs !== undefined && { keepFiringSince: new Date(keepFiringSinceMs).toISOString() }),
    value: formatGoFloat(value, 'e'),
  };
}

function tokenOf({ key }: RuleGroup): string {
  return Buffer.from(key).toString('base64url');
}
