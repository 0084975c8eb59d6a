import { messageOf } from '../errors.ts';
import { checkCommands } from './checkCommands.ts';
import { CommandUsageError, type Command, type CommandContext } from './command.ts';
import { queryCommands } from './queryCommands.ts';
import { tsdbCommands } from './tsdbCommands.ts';

const COMMANDS: readonly Command[] = [...checkCommands, ...queryCommands, ...tsdbCommands];

/** Where a command line reads and writes. */
export interface Terminal {
  readonly stdin: () => Promise<Uint8Array>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs a command line. Resolves with the exit code: 0 when all is well, 1 when something is not, 2 for a command line
 * that is not understood, 3 when metrics are valid and could be better.
 */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first = '', second = ''] = argv;
  if (argv.length === 0 || first === '--help' || first === 'help') {
    terminal.out(usage());
    return 0;
  }
  const command = COMMANDS.find(({ name }) => name === `${first} ${second}`);
  if (command === undefined) {
    terminal.err(`unknown command: ${first} ${second}\n\n${usage()}`);
    return 2;
  }
  try {
    return await command.run(contextOf(argv.slice(2), terminal));
  } catch (error) {
    const isUsage = error instanceof CommandUsageError;
    terminal.err(
      isUsage
        ? `${error.message}\nusage: binnacle-metrics ${command.name} ${command.usage}`
        : messageOf(error),
    );
    return isUsage ? 2 : 1;
  }
}

function contextOf(argv: readonly string[], terminal: Terminal): CommandContext {
  const args: string[] = [];
  const options = new Map<string, string>();
  for (const each of argv) {
    const [, name, value] = /^--([a-z-]+)(?:=([\s\S]*))?$/.exec(each) ?? [];
    if (name === undefined) args.push(each);
    else options.set(name, value ?? 'true');
  }
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
  };
}

function usage(): string {
  const lines = COMMANDS.map(({ name, usage: rest, help }) => `  ${name} ${rest}\n      ${help}`);
  return `binnacle-metrics: tools for the metrics server. --json makes the output machine-readable.\n\n${lines.join('\n')}`;
}
