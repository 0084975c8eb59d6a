import { createHash } from 'node:crypto';
import {
  compareUtf8,
  DurationError,
  formatDuration,
  Labels,
  LabelsBuilder,
  parseDuration,
} from '@binnacle/model';
import type { CompiledRelabelConfig } from '../relabel/compileRelabel.ts';
import type { LabelSet, TargetGroup } from '../targetGroup.ts';
import type { DroppedTarget, Target, TargetDefaults } from './target.ts';

const PARAM_PREFIX = '__param_';

/**
 * Makes the target of one discovered label set: fills in what the labels do not say, relabels, and reads the URL
 * from the result. The order and the rules are those of Prometheus 3: no port is added to an address, and
 * `instance` is the address unless something set it.
 */
export function populateTarget(
  own: LabelSet,
  group: TargetGroup,
  defaults: TargetDefaults & { readonly job: string },
  relabels: readonly CompiledRelabelConfig[],
): Target | DroppedTarget {
  const discoveredLabels = discover(own, group, defaults);
  const drop = (reason: string): DroppedTarget => ({ discoveredLabels, reason });

  const working = new LabelsBuilder(discoveredLabels);
  for (const [index, step] of relabels.entries()) {
    if (!step.apply(working)) return drop(`dropped by relabel rule ${index + 1} (${step.action})`);
  }

  const address = working.get('__address__');
  if (address === '') return drop('no address: the label __address__ is empty');
  if (address.includes('/')) return drop(`bad address: expected host or host:port, found "${address}"`);
  const timing = readTiming(working, defaults);
  if (typeof timing === 'string') return drop(timing);
  if (working.get('instance') === '') working.set('instance', address);

  const final = working.build();
  const broken = [...final].find(([, value]) => !value.isWellFormed());
  if (broken !== undefined) return drop(`bad label: the value of "${broken[0]}" is not well-formed Unicode`);

  const scheme = working.get('__scheme__');
  const metricsPath = working.get('__metrics_path__');
  const params = readParams(final, defaults.params ?? {});
  const url = targetUrl(scheme, address, metricsPath, params);
  if (!URL.canParse(url)) return drop(`bad URL: ${url}`);
  const labels = final.only(...final.names.filter((name) => !name.startsWith('__')));
  const key = createHash('sha256').update(`${labels.key}\u0002${url}`).digest('hex').slice(0, 32);
  return { key, url, labels, discoveredLabels, scheme, address, metricsPath, params, ...timing };
}

/** True when relabeling or a rule of the pool refused the target. */
export function isDropped(result: Target | DroppedTarget): result is DroppedTarget {
  return 'reason' in result;
}

function discover(own: LabelSet, group: TargetGroup, defaults: TargetDefaults & { job: string }): Labels {
  const set: Record<string, string> = { ...group.labels, ...own };
  const fill = (name: string, value: string | undefined): void => {
    if (value !== undefined && (set[name] ?? '') === '') set[name] = value;
  };
  fill('job', defaults.job);
  if (hasTiming(defaults)) {
    fill('__scrape_interval__', formatDuration(defaults.scrapeIntervalMs));
    fill('__scrape_timeout__', formatDuration(defaults.scrapeTimeoutMs));
  }
  fill('__metrics_path__', defaults.metricsPath ?? '/metrics');
  fill('__scheme__', defaults.scheme ?? 'http');
  for (const [name, values] of Object.entries(defaults.params ?? {})) fill(PARAM_PREFIX + name, values[0]);
  return Labels.from(set);
}

type Timing = Pick<Target, 'scrapeIntervalMs' | 'scrapeTimeoutMs'>;

function hasTiming(
  defaults: TargetDefaults,
): defaults is TargetDefaults & { scrapeIntervalMs: number; scrapeTimeoutMs: number } {
  return defaults.scrapeIntervalMs !== undefined && defaults.scrapeTimeoutMs !== undefined;
}

/** The target's interval and timeout, or the reason why they cannot be used. */
function readTiming(working: LabelsBuilder, defaults: TargetDefaults): Timing | string {
  if (!hasTiming(defaults)) return { scrapeIntervalMs: undefined, scrapeTimeoutMs: undefined };
  const read = (name: string): number => {
    const durationMs = parseDuration(working.get(name));
    if (durationMs === 0) throw new DurationError('expected more than 0');
    return durationMs;
  };
  let name = '__scrape_interval__';
  try {
    const scrapeIntervalMs = read(name);
    name = '__scrape_timeout__';
    const scrapeTimeoutMs = read(name);
    if (scrapeTimeoutMs <= scrapeIntervalMs) return { scrapeIntervalMs, scrapeTimeoutMs };
    return `scrape timeout is above the interval (${working.get('__scrape_timeout__')} > ${working.get('__scrape_interval__')})`;
  } catch (error) {
    if (!(error instanceof DurationError)) throw error;
    return `bad ${name}: ${error.message}`;
  }
}

function readParams(
  labels: Labels,
  defaults: Readonly<Record<string, readonly string[]>>,
): Record<string, readonly string[]> {
  const params: Record<string, readonly string[]> = { ...defaults };
  for (const [label, value] of labels) {
    if (!label.startsWith(PARAM_PREFIX)) continue;
    const name = label.slice(PARAM_PREFIX.length);
    params[name] = [value, ...(params[name] ?? []).slice(1)];
  }
  return params;
}

/** The URL as Go's net/url prints it, which is how Prometheus shows targets. */
function targetUrl(scheme: string, address: string, path: string, params: Target['params']): string {
  const rooted = path === '' || path.startsWith('/') ? path : `/${path}`;
  const pairs = Object.keys(params)
    .sort(compareUtf8)
    .flatMap((name) => params[name]!.map((value) => `${escapeQuery(name)}=${escapeQuery(value)}`));
  const query = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return `${scheme}://${address}${encodeURI(rooted).replace(/[?#!'()*]/g, escapeByte)}${query}`;
}

function escapeQuery(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, escapeByte)
    .replaceAll('%20', '+');
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
