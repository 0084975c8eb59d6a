import { hostname } from 'node:os';
import { formatDuration, Labels } from '@binnacle/model';
import { compileRelabels, relabelSteps, type CompiledRelabelConfig } from '@binnacle/service-discovery';
import type { ServiceApp } from '@binnacle/service-kit';
import { ApiError } from '../errors.ts';
import type { ScrapePool } from '../scrape/scrapePool.ts';
import type { TargetLoop } from '../scrape/targetLoop.ts';
import type { Dependencies } from './dependencies.ts';
import { success } from './envelope.ts';
import { badParam, parseSelector, RequestParams } from './requestParams.ts';

/** /targets, /targets/metadata, /targets/relabel_steps, /scrape_pools. */
export function targetRoutes(
  app: ServiceApp,
  { scrapes, metadata, externalUrl, config }: Dependencies,
): void {
  const poolNamed = (name: string): ScrapePool => {
    if (name === '') throw badParam('scrapePool', 'no scrape pool given');
    const pool = scrapes.pools().find((each) => each.name === name);
    if (pool === undefined) throw new ApiError('not_found', `scrape pool ${JSON.stringify(name)} not found`);
    return pool;
  };

  app.get('/targets', async (request, reply) => {
    const params = RequestParams.of(request);
    const state = params.text('state').toLowerCase() || 'any';
    if (!['any', 'active', 'dropped'].includes(state)) {
      throw badParam('state', `expected active, dropped or any; found ${JSON.stringify(state)}`);
    }
    const pools = poolsOf(scrapes.pools(), params.text('scrapePool'));
    const activeTargets =
      state === 'dropped'
        ? []
        : pools.flatMap((pool) => pool.loops().map((loop) => activeTarget(pool, loop, externalUrl())));
    const droppedTargets =
      state === 'active'
        ? []
        : pools.flatMap((pool) =>
            pool.dropped().map(({ discoveredLabels, reason }) => ({
              discoveredLabels,
              scrapePool: pool.name,
              reason,
            })),
          );
    const droppedTargetCounts = Object.fromEntries(pools.map((pool) => [pool.name, pool.droppedTotal()]));
    return success(reply, { activeTargets, droppedTargets, droppedTargetCounts });
  });

  app.get('/targets/metadata', async (request, reply) => {
    const params = RequestParams.of(request);
    const limit = params.limit();
    const metric = params.text('metric');
    const selector = params.text('match_target');
    const matchers = selector === '' ? [] : parseSelector('match_target', selector);
    const found: object[] = [];
    for (const loop of scrapes.pools().flatMap((pool) => pool.loops())) {
      const { target } = loop;
      if (!matchers.every((each) => each.matches(target.labels.get(each.name)))) continue;
      for (const [family, entry] of metadata.ofSource(target.key)) {
        if (metric !== '' && family !== metric) continue;
        if (limit > 0 && found.length >= limit) break;
        found.push({ target: target.labels, ...(metric === '' && { metric: family }), ...entry });
      }
    }
    return success(reply, found);
  });

  app.get('/targets/relabel_steps', async (request, reply) => {
    const params = RequestParams.of(request);
    const pool = poolNamed(params.text('scrapePool'));
    const configs = compileRelabels(pool.config.discovery.relabel_configs);
    const steps = relabelSteps(labelsParam(params.text('labels')), configs).map(({ config, labels }) => ({
      rule: ruleOf(config),
      output: labels ?? {},
      keep: labels !== undefined,
    }));
    return success(reply, { steps });
  });

  app.get('/scrape_pools', async (_request, reply) =>
    success(reply, { scrapePools: scrapes.pools().map(({ name }) => name) }),
  );

  app.get('/scrape_pools/config', async (request, reply) => {
    const { name } = poolNamed(RequestParams.of(request).text('scrapePool'));
    return success(reply, { yaml: config().scrapeSectionTexts.get(name) ?? '' });
  });
}

function poolsOf(pools: readonly ScrapePool[], name: string): readonly ScrapePool[] {
  return name === '' ? pools : pools.filter((pool) => pool.name === name);
}

function activeTarget(pool: ScrapePool, { target, health }: TargetLoop, externalUrl: string): object {
  return {
    discoveredLabels: target.discoveredLabels,
    labels: target.labels,
    scrapePool: pool.name,
    scrapeUrl: target.url,
    globalUrl: globalUrl(target.url, externalUrl),
    lastError: health.lastError,
    lastScrape: new Date(health.lastScrapeMs).toISOString(),
    lastScrapeDuration: health.lastDurationSeconds,
    health: health.health,
    scrapeInterval: formatDuration(target.scrapeIntervalMs ?? pool.config.intervalMs),
    scrapeTimeout: formatDuration(target.scrapeTimeoutMs ?? pool.config.timeoutMs),
  };
}

/** A rule in the names of the configuration file, without what is empty. */
function ruleOf({ action, config }: CompiledRelabelConfig): object {
  const { sourceLabels, separator, regex, modulus, targetLabel, replacement } = config;
  return {
    ...(sourceLabels.length > 0 && { source_labels: sourceLabels }),
    separator,
    regex,
    ...(modulus > 0 && { modulus }),
    ...(targetLabel !== '' && { target_label: targetLabel }),
    replacement,
    action,
  };
}

/** A target on this machine under the name that people know the machine by. */
function globalUrl(url: string, externalUrl: string): string {
  const target = URL.parse(url);
  if (target === null || !['localhost', '127.0.0.1', '[::1]'].includes(target.hostname)) return url;
  const external = URL.parse(externalUrl);
  const isOwn = external !== null && external.port === target.port;
  target.hostname = isOwn ? external.hostname : hostname();
  return target.href;
}

function labelsParam(text: string): Labels {
  try {
    return Labels.from(JSON.parse(text) as Record<string, string>);
  } catch {
    throw badParam(
      'labels',
      `expected a JSON object of label names and values, found ${JSON.stringify(text)}`,
    );
  }
}
