import { TextParser } from '@binnacle/exposition';
import { EMPTY_LABELS, METRIC_NAME } from '@binnacle/model';
import { ALL_FEATURES } from '@binnacle/promql';
import { systemClock } from '@binnacle/service-discovery';
import { loadConfig } from '@binnacle/service-kit';
import { configSchema } from '../config/configSchema.ts';
import { ruleFileSchema } from '../config/ruleFileSchema.ts';
import { resolveConfig, type RuleFile } from '../config/serverConfig.ts';
import { messageOf } from '../errors.ts';
import { groupsOf } from '../rules/ruleFiles.ts';
import { checkScrapeConfig } from '../scrape/scrapePool.ts';
import { CommandUsageError, type Command, type CommandContext } from './command.ts';

/** Checks of files and of metrics, before a server sees them. */
export const checkCommands: readonly Command[] = [
  {
    name: 'check config',
    usage: '<prometheus.yml>…',
    help: 'Checks configuration files and everything that they name.',
    run: (context) => checkFiles(context, checkConfig),
  },
  {
    name: 'check rules',
    usage: '<rules.yml>…',
    help: 'Checks rule files.',
    run: (context) => checkFiles(context, checkRules),
  },
  {
    name: 'check metrics',
    usage: '< metrics',
    help: 'Checks metrics in the text format from the standard input.',
    run: checkMetrics,
  },
];

async function checkFiles(
  context: CommandContext,
  check: (file: string) => Promise<string>,
): Promise<number> {
  if (context.args.length === 0) throw new CommandUsageError('expected one file or more');
  const results: { file: string; ok: boolean; message: string }[] = [];
  for (const file of context.args) {
    try {
      results.push({ file, ok: true, message: await check(file) });
    } catch (error) {
      results.push({ file, ok: false, message: messageOf(error) });
    }
  }
  for (const { file, ok, message } of results) {
    context.print(
      ok ? `${file}: valid, ${message}` : `${file}: not valid\n  ${message.replaceAll('\n', '\n  ')}`,
    );
  }
  context.print('', { files: results });
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function checkConfig(file: string): Promise<string> {
  const config = await resolveConfig(file, await loadConfig(file, configSchema));
  const surroundings = { baseDir: config.baseDir, environment: process.env, clock: systemClock };
  for (const section of config.scrape) checkScrapeConfig(section, surroundings);
  const groups = groupsOf(config.ruleFiles, { ...config, features: ALL_FEATURES, externalUrl: () => '' });
  return `${config.scrape.length} scrape sections, ${groups.length} rule groups`;
}

async function checkRules(file: string): Promise<string> {
  const rules: RuleFile = { file, groups: (await loadConfig(file, ruleFileSchema)).groups ?? [] };
  const groups = groupsOf([rules], {
    features: ALL_FEATURES,
    evaluationIntervalMs: 60_000,
    ruleQueryOffsetMs: 0,
    externalLabels: EMPTY_LABELS,
    externalUrl: () => '',
  });
  return `${groups.reduce((sum, group) => sum + group.rules.length, 0)} rules`;
}

async function checkMetrics(context: CommandContext): Promise<number> {
  const names = new Set<string>();
  const withHelp = new Set<string>();
  const types = new Map<string, string>();
  const nothing = (): void => undefined;
  try {
    new TextParser().parse(await context.stdin(), false, {
      series: (labels) => {
        names.add(labels.get(METRIC_NAME));
        return 0;
      },
      metadata: (family, kind, text) => {
        if (kind === 'help') withHelp.add(family);
        if (kind === 'type') types.set(family, text);
      },
      sample: nothing,
      exemplar: nothing,
      histogram: nothing,
      created: nothing,
    });
  } catch (error) {
    context.print(`not valid: ${messageOf(error)}`, { ok: false, error: messageOf(error) });
    return 1;
  }
  const advice = [...types].flatMap(([name, type]) => [
    ...(withHelp.has(name) ? [] : [`${name}: no help text`]),
    ...(type === 'counter' && !name.endsWith('_total')
      ? [`${name}: counter metrics should have "_total" suffix`]
      : []),
    ...(type !== 'counter' && name.endsWith('_total')
      ? [`${name}: non-counter metrics should not have "_total" suffix`]
      : []),
  ]);
  for (const line of advice) context.print(line);
  context.print(`${names.size} metrics`, { ok: advice.length === 0, metrics: names.size, advice });
  return advice.length === 0 ? 0 : 3;
}
