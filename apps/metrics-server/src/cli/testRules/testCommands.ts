import { featuresOf } from '../../features.ts';
import { messageOf } from '../../errors.ts';
import { CommandUsageError, type Command, type CommandContext } from '../command.ts';
import { runTest, type TestContext } from './runTest.ts';
import type { TestFailure } from './testFailure.ts';
import { readTestFile } from './testFile.ts';

interface FileResult {
  readonly file: string;
  readonly ok: boolean;
  /** Why nothing was run. */
  readonly error?: string;
  readonly warnings: readonly string[];
  readonly tests: readonly TestResult[];
}

interface TestResult {
  readonly name: string;
  readonly ok: boolean;
  readonly failures: readonly TestFailure[];
}

export const testCommands: readonly Command[] = [
  {
    name: 'test rules',
    usage: '<test.yml>…',
    help: "Runs unit tests of rules, in promtool's format.",
    options: {
      run: { value: '<regex>', help: 'Only the tests whose name matches; may be repeated.' },
      'enable-feature': { value: '<name>', help: 'Features of the expressions, as the server takes them.' },
    },
    run: testRules,
  },
];

async function testRules(context: CommandContext): Promise<number> {
  if (context.args.length === 0) throw new CommandUsageError('expected one test file or more, found nothing');
  const filters = (context.options.get('run') ?? []).map(patternOf);
  const features = featuresOf(context.options.get('enable-feature') ?? []);
  const results: FileResult[] = [];
  for (const file of context.args) {
    const result = await testFile(file, filters, { features, breathe: context.breathe });
    for (const line of resultLines(result)) context.print(line);
    results.push(result);
  }
  context.print('', { files: results });
  return results.every(({ ok }) => ok) ? 0 : 1;
}

async function testFile(file: string, filters: readonly RegExp[], context: TestContext): Promise<FileResult> {
  const tests: TestResult[] = [];
  let warnings: string[] = [];
  try {
    const read = await readTestFile(file);
    warnings = read.unmatched.map((pattern) => `rule_files: no file matches ${JSON.stringify(pattern)}`);
    for (const [i, section] of read.tests.entries()) {
      const name = section.name ?? '';
      if (filters.length > 0 && !filters.some((filter) => filter.test(name))) continue;
      const failures = await failuresOf(() => runTest(section, read, context));
      tests.push({ name: name === '' ? `test ${i + 1}` : name, ok: failures.length === 0, failures });
    }
  } catch (error) {
    await context.breathe();
    return { file, ok: false, error: messageOf(error), warnings, tests };
  }
  return { file, ok: tests.every(({ ok }) => ok), warnings, tests };
}

/** Input that cannot be read fails its own test; the others run. */
async function failuresOf(run: () => Promise<TestFailure[]>): Promise<TestFailure[]> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof Error && error.name !== 'AbortError')
      return [{ what: 'input', message: error.message }];
    throw error;
  }
}

function resultLines({ file, ok, error, warnings, tests }: FileResult): string[] {
  const lines = warnings.map((warning) => `  warning: ${warning}`);
  if (error !== undefined) return [`${file}: failed`, ...lines, `  ${error.replaceAll('\n', '\n  ')}`];
  const failed = tests.filter((test) => !test.ok);
  const count = `${tests.length} ${tests.length === 1 ? 'test' : 'tests'}`;
  const title = ok ? `${file}: passed, ${count}` : `${file}: failed, ${failed.length} of ${count}`;
  return [title, ...lines, ...failed.flatMap(failureLines)];
}

function failureLines({ name, failures }: TestResult): string[] {
  return failures.flatMap(({ what, message, expected, found }) => {
    const side = (title: string, texts: readonly string[] | undefined): string[] =>
      texts === undefined
        ? []
        : [`      ${title} ${texts.length === 0 ? 'nothing' : texts.join(`\n${' '.repeat(15)}`)}`];
    return [`  ${name}: ${what}: ${message}`, ...side('expected', expected), ...side('found   ', found)];
  });
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new CommandUsageError(`--run: expected a regular expression; ${messageOf(error)}`);
  }
}
