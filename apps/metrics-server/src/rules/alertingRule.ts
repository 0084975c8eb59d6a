import { LabelsBuilder, METRIC_NAME, type Labels } from '@binnacle/model';
import { MetricsServerError, messageOf } from '../errors.ts';
import { unknownHealth, type Evaluate, type RuleHealth, type RuleSample } from './rule.ts';
import { templateError } from './template/templateError.ts';
import { Template } from './template/template.ts';

export type AlertState = 'inactive' | 'pending' | 'firing';

/** One alert of a rule: one label set of its expression. */
export interface Alert {
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
  readonly state: AlertState;
  readonly activeAtMs: number;
  readonly firedAtMs: number | undefined;
  readonly keepFiringSinceMs: number | undefined;
  readonly resolvedAtMs: number | undefined;
}

export interface AlertingRuleOptions {
  readonly name: string;
  readonly query: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: Labels;
  readonly annotations: Readonly<Record<string, string>>;
  readonly externalLabels: Labels;
  readonly externalUrl: () => string;
  /** An alert began to fire, or is over. */
  readonly onTransition: (alert: Alert) => void;
}

/** Resolved alerts are kept this long, so that their end can be told to those who missed it. */
const RESOLVED_RETENTION_MS = 15 * 60_000;

/** Keeps the state of the alerts that an expression raises. */
export class AlertingRule {
  readonly kind = 'alerting';
  readonly options: AlertingRuleOptions;
  readonly health: RuleHealth = unknownHealth();
  readonly #labels: Templates;
  readonly #annotations: Templates;
  #active = new Map<string, Alert>();

  /** Throws METRICS_TEMPLATE for a label or an annotation that is no template. */
  constructor(options: AlertingRuleOptions) {
    this.options = options;
    this.#labels = templatesOf('label', options.labels);
    this.#annotations = templatesOf('annotation', Object.entries(options.annotations));
  }

  get name(): string {
    return this.options.name;
  }

  get query(): string {
    return this.options.query;
  }

  get labels(): Labels {
    return this.options.labels;
  }

  /** Alerts that are pending or firing. */
  alerts(): Alert[] {
    return [...this.#active.values()].filter(({ state }) => state !== 'inactive');
  }

  get state(): AlertState {
    const states = new Set(this.alerts().map(({ state }) => state));
    return states.has('firing') ? 'firing' : states.has('pending') ? 'pending' : 'inactive';
  }

  /** Takes the state of a rule that was the same before a reload. */
  adopt(other: AlertingRule): void {
    this.#active = other.#active;
    Object.assign(this.health, other.health);
  }

  /** Puts an alert back as it was before a restart, by its ALERTS_FOR_STATE. */
  restore(labels: Labels, activeAtMs: number): void {
    const known = this.#active.get(labels.key);
    if (known !== undefined && known.state === 'pending')
      this.#active.set(labels.key, { ...known, activeAtMs });
  }

  /** Evaluates the expression, moves every alert on, and returns ALERTS and ALERTS_FOR_STATE. */
  async evaluate(evaluate: Evaluate, timeMs: number, limit: number): Promise<RuleSample[]> {
    const result = await evaluate(this.options.query, timeMs);
    const raised = new Map<string, Alert>();
    for (const sample of result) {
      const alert = await this.#alertOf(sample, evaluate, timeMs);
      if (raised.has(alert.labels.key)) {
        throw failed('vector contains metrics with the same labelset after applying alert labels');
      }
      raised.set(alert.labels.key, alert);
    }
    const next = new Map<string, Alert>();
    for (const [key, alert] of raised) next.set(key, this.#raised(alert, this.#active.get(key), timeMs));
    for (const [key, alert] of this.#active) {
      if (raised.has(key)) continue;
      const rest = this.#notRaised(alert, timeMs);
      if (rest !== undefined) next.set(key, rest);
    }
    const activeCount = [...next.values()].filter(({ state }) => state !== 'inactive').length;
    if (limit > 0 && activeCount > limit) {
      this.#active = new Map();
      throw failed(`exceeded limit of ${limit} with ${activeCount} alerts`);
    }
    for (const [key, alert] of next) {
      const wasFiring = this.#active.get(key)?.state === 'firing';
      if (wasFiring !== (alert.state === 'firing') && alert.state !== 'pending')
        this.options.onTransition(alert);
    }
    this.#active = next;
    return this.alerts().flatMap((alert) => this.#samplesOf(alert));
  }

  #raised(alert: Alert, before: Alert | undefined, timeMs: number): Alert {
    const wasActive = before !== undefined && before.state !== 'inactive';
    const activeAtMs = wasActive ? before.activeAtMs : timeMs;
    const isFiring = before?.state === 'firing' || timeMs - activeAtMs >= this.options.forMs;
    return {
      ...alert,
      activeAtMs,
      state: isFiring ? 'firing' : 'pending',
      firedAtMs: isFiring ? (wasActive ? (before.firedAtMs ?? timeMs) : timeMs) : undefined,
    };
  }

  /** What becomes of an alert whose expression no longer holds; undefined when it is gone. */
  #notRaised(alert: Alert, timeMs: number): Alert | undefined {
    if (alert.state === 'pending') return undefined;
    if (alert.state === 'inactive') {
      return timeMs - alert.resolvedAtMs! > RESOLVED_RETENTION_MS ? undefined : alert;
    }
    const since = alert.keepFiringSinceMs ?? timeMs;
    if (this.options.keepFiringForMs > 0 && timeMs - since < this.options.keepFiringForMs) {
      return { ...alert, keepFiringSinceMs: since };
    }
    return { ...alert, state: 'inactive', resolvedAtMs: timeMs };
  }

  async #alertOf({ labels, value }: RuleSample, evaluate: Evaluate, timeMs: number): Promise<Alert> {
    const { name, externalLabels, externalUrl } = this.options;
    const bare = labels.without(METRIC_NAME);
    const query = (text: string): Promise<readonly RuleSample[]> => evaluate(text, timeMs);
    const data = { labels: bare, value, externalLabels, externalUrl: externalUrl(), timeMs, query };
    const expand = async (template: Template): Promise<string> => {
      try {
        return await template.expand(data);
      } catch (error) {
        return `<error expanding template: ${messageOf(error)}>`;
      }
    };
    const builder = new LabelsBuilder(bare);
    for (const [label, template] of this.#labels) builder.set(label, await expand(template));
    builder.set('alertname', name);
    const annotations: Record<string, string> = {};
    for (const [key, template] of this.#annotations) annotations[key] = await expand(template);
    return {
      labels: builder.build(),
      annotations,
      value,
      state: 'pending',
      activeAtMs: timeMs,
      firedAtMs: undefined,
      keepFiringSinceMs: undefined,
      resolvedAtMs: undefined,
    };
  }

  #samplesOf({ labels, state, activeAtMs }: Alert): RuleSample[] {
    return [
      {
        labels: new LabelsBuilder(labels).set(METRIC_NAME, 'ALERTS').set('alertstate', state).build(),
        value: 1,
      },
      {
        labels: new LabelsBuilder(labels).set(METRIC_NAME, 'ALERTS_FOR_STATE').build(),
        value: Math.floor(activeAtMs / 1000),
      },
    ];
  }
}

type Templates = readonly (readonly [string, Template])[];

function templatesOf(what: string, texts: Iterable<readonly [string, string]>): Templates {
  return Array.from(texts, ([name, text]) => {
    try {
      return [name, new Template(text)];
    } catch (error) {
      throw templateError(`${what} ${JSON.stringify(name)}: ${messageOf(error)}`);
    }
  });
}

function failed(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_RULE_FAILED', message);
}
