import { setImmediate } from 'node:timers/promises';
import { messageOf } from '../errors.ts';
import { checkCommands } from './checkCommands.ts';
import { CommandUsageError, type Command, type CommandContext } from './command.ts';
import { commandHelp, commandList, parseLine, type ParsedLine } from './commandLine.ts';
import { startProgress, type ProgressOutput } from './progress.ts';
import { queryCommands } from './queryCommands.ts';
import { nearest } from './suggest.ts';
import { testCommands } from './testRules/testCommands.ts';
import { tsdbCommands } from './tsdbCommands.ts';

const COMMANDS: readonly Command[] = [...checkCommands, ...queryCommands, ...testCommands, ...tsdbCommands];
const CANCELLED = 130;

/** Where a command line reads and writes. */
export interface Terminal {
  readonly stdin: () => Promise<Uint8Array>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly progress: ProgressOutput;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Resolves when the output has taken what was written. */
  readonly drained: () => Promise<void>;
}

/**
 * Runs a command line. Resolves with the exit code: 0 when all is well, 1 when something is not, 2 for a command line
 * that is not understood, 3 when files or metrics are valid and could be better, 130 when it was cancelled.
 */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '', second = ''] = argv;
  if (['', '--help', '-h', 'help'].includes(first)) {
    terminal.out(overview());
    return first === '' ? 2 : 0;
  }
  const command = COMMANDS.find(({ name }) => name === `${first} ${second}`);
  if (command === undefined) return unknownCommand(first, second, terminal);
  let line: ParsedLine | undefined;
  try {
    line = parseLine(command, argv.slice(2));
    if (line.options.has('help')) {
      terminal.out(commandHelp(command));
      return 0;
    }
    return await command.run(contextOf(line, terminal));
  } catch (error) {
    return failed(error, command, line?.options.has('json') ?? argv.includes('--json'), terminal);
  }
}

function unknownCommand(first: string, second: string, terminal: Terminal): number {
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `));
  if (group.length > 0 && ['--help', '-h'].includes(second)) {
    terminal.out(commandList(group));
    return 0;
  }
  if (group.length > 0 && (second === '' || second.startsWith('-'))) {
    terminal.err(`${first}: expected one of these commands, found nothing\n\n${commandList(group)}`);
    return 2;
  }
  const typed = `${first} ${second}`.trim();
  const names = COMMANDS.map(({ name }) => name);
  const groups = [...new Set(names.map((name) => name.split(' ')[0]!))];
  const meant = nearest(typed, names) ?? nearest(first, groups);
  const hint = meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
  const shown = group.length > 0 ? group : COMMANDS;
  terminal.err(`unknown command ${JSON.stringify(typed)}${hint}\n\n${commandList(shown)}`);
  return 2;
}

function failed(error: unknown, { name, usage }: Command, json: boolean, terminal: Terminal): number {
  if (terminal.signal.aborted) {
    terminal.err('cancelled');
    return CANCELLED;
  }
  const isUsage = error instanceof CommandUsageError;
  const message = messageOf(error);
  if (json) terminal.out(JSON.stringify({ error: message }));
  else if (isUsage) {
    const more = `binnacle-metrics ${name} --help shows its options`;
    terminal.err(`${message}\nusage: binnacle-metrics ${name} ${usage}\n${more}`);
  } else terminal.err(message);
  return isUsage ? 2 : 1;
}

function contextOf({ args, options }: ParsedLine, terminal: Terminal): CommandContext {
  const json = options.has('json');
  return {
    args,
    options,
    json,
    stdin: terminal.stdin,
    print: (text, value) => {
      if (!json && text !== '') terminal.out(text);
      else if (json && value !== undefined) terminal.out(JSON.stringify(value));
    },
    progress: (what, total, unit) => startProgress(terminal.progress, what, total, unit),
    signal: terminal.signal,
    breathe: async () => {
      await terminal.drained();
      await setImmediate();
      terminal.signal.throwIfAborted();
    },
  };
}

function overview(): string {
  return (
    'binnacle-metrics: tools for the metrics server and for Prometheus.\n' +
    'usage: binnacle-metrics <command> [arguments] [--json]\n\n' +
    `${commandList(COMMANDS)}\n\n` +
    '--help behind a command shows its options. Exit codes: 0 well, 1 not, 2 the command line is not understood,\n' +
    '3 valid, and could be better, 130 cancelled.'
  );
}
