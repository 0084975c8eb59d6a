import { EMPTY_LABELS } from '@binnacle/model';
import { systemClock } from '@binnacle/service-discovery';
import { checkWebConfig, loadConfig } from '@binnacle/service-kit';
import { ALL_FEATURES } from '@binnacle/promql';
import { configSchema } from '../config/configSchema.ts';
import { ruleFileSchema } from '../config/ruleFileSchema.ts';
import { resolveConfig, type RuleFile } from '../config/serverConfig.ts';
import { messageOf } from '../errors.ts';
import { groupsOf } from '../rules/ruleFiles.ts';
import { checkScrapeConfig } from '../scrape/scrapePool.ts';
import { checkMetrics } from './checkMetrics.ts';
import {
  CommandUsageError,
  option,
  type Command,
  type CommandContext,
  type CommandOption,
} from './command.ts';
import { duplicateRules } from './duplicateRules.ts';

const LINT_OPTIONS: Readonly<Record<string, CommandOption>> = {
  lint: { value: '<what>', help: 'duplicate-rules, all or none. Default all.' },
  'lint-fatal': { help: 'Exit code 3 when there is advice.' },
};

/** Checks of files and of metrics, before a server sees them. */
export const checkCommands: readonly Command[] = [
  {
    name: 'check config',
    usage: '<prometheus.yml>…',
    help: 'Checks configuration files and everything that they name.',
    options: LINT_OPTIONS,
    run: (context) => checkFiles(context, checkConfig),
  },
  {
    name: 'check rules',
    usage: '<rules.yml>…',
    help: 'Checks rule files.',
    options: LINT_OPTIONS,
    run: (context) => checkFiles(context, checkRules),
  },
  {
    name: 'check web-config',
    usage: '<web.yml>…',
    help: 'Checks files for --web.config.file: TLS, users, tokens, headers, limits.',
    run: (context) => checkFiles(context, checkWeb),
  },
  {
    name: 'check metrics',
    usage: '< metrics',
    help: 'Checks metrics in the text format from the standard input.',
    options: {
      extended: { help: 'Shows the metrics with most series.' },
      limit: { value: '<number>', help: 'How many of them. Default 20.' },
    },
    maxArgs: 0,
    run: checkMetrics,
  },
];

/** What a valid file has in it, and what could be better. */
interface Found {
  readonly summary: string;
  readonly advice: readonly string[];
}

async function checkFiles(
  context: CommandContext,
  check: (file: string, lints: boolean) => Promise<Found>,
): Promise<number> {
  if (context.args.length === 0) throw new CommandUsageError('expected one file or more, found nothing');
  const lints = lintsDuplicates(context);
  const results: { file: string; ok: boolean; message: string; advice: readonly string[] }[] = [];
  for (const file of context.args) {
    try {
      const { summary, advice } = await check(file, lints);
      results.push({ file, ok: true, message: summary, advice });
    } catch (error) {
      results.push({ file, ok: false, message: messageOf(error), advice: [] });
    }
    await context.breathe();
  }
  for (const { file, ok, message, advice } of results) {
    context.print(
      ok ? `${file}: valid, ${message}` : `${file}: not valid\n  ${message.replaceAll('\n', '\n  ')}`,
    );
    for (const line of advice) context.print(`  ${line}`);
  }
  context.print('', { files: results });
  if (!results.every(({ ok }) => ok)) return 1;
  return context.options.has('lint-fatal') && results.some(({ advice }) => advice.length > 0) ? 3 : 0;
}

function lintsDuplicates(context: CommandContext): boolean {
  const what = option(context, 'lint') ?? 'all';
  if (!['all', 'duplicate-rules', 'none'].includes(what)) {
    throw new CommandUsageError(
      `--lint: expected duplicate-rules, all or none, found ${JSON.stringify(what)}`,
    );
  }
  return what !== 'none';
}

async function checkConfig(file: string, lints: boolean): Promise<Found> {
  const config = await resolveConfig(file, await loadConfig(file, configSchema));
  const surroundings = { baseDir: config.baseDir, environment: process.env, clock: systemClock };
  for (const section of config.scrape) checkScrapeConfig(section, surroundings);
  const groups = groupsOf(config.ruleFiles, { ...config, features: ALL_FEATURES, externalUrl: () => '' });
  return {
    summary: `${counted(config.scrape.length, 'scrape section')}, ${counted(groups.length, 'rule group')}`,
    advice: lints ? duplicateRules(groups) : [],
  };
}

async function checkRules(file: string, lints: boolean): Promise<Found> {
  const rules: RuleFile = { file, groups: (await loadConfig(file, ruleFileSchema)).groups ?? [] };
  const groups = groupsOf([rules], {
    features: ALL_FEATURES,
    evaluationIntervalMs: 60_000,
    ruleQueryOffsetMs: 0,
    externalLabels: EMPTY_LABELS,
    externalUrl: () => '',
  });
  const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
  return { summary: counted(count, 'rule'), advice: lints ? duplicateRules(groups) : [] };
}

async function checkWeb(file: string): Promise<Found> {
  const { tls, users, tokens } = await checkWebConfig(file);
  const who =
    users + tokens === 0 ? 'open to everybody' : `${counted(users, 'user')}, ${counted(tokens, 'token')}`;
  return { summary: `${tls ? 'TLS' : 'no TLS'}, ${who}`, advice: [] };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
