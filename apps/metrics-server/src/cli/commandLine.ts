import { CommandUsageError, type Command, type CommandOption } from './command.ts';
import { nearest } from './suggest.ts';

/** Options that every command has. */
export const COMMON_OPTIONS: Readonly<Record<string, CommandOption>> = {
  json: { help: 'Machine-readable output.' },
  help: { help: 'Shows this.' },
};

/** What stands behind the name of a command. */
export interface ParsedLine {
  readonly args: readonly string[];
  readonly options: ReadonlyMap<string, readonly string[]>;
}

/**
 * Reads `--name=value`, `--name value`, switches and arguments; behind `--` all are arguments. Throws
 * CommandUsageError.
 */
export function parseLine(command: Command, argv: readonly string[]): ParsedLine {
  const known = { ...command.options, ...COMMON_OPTIONS };
  const args: string[] = [];
  const options = new Map<string, string[]>();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at]!;
    if (word === '--') {
      args.push(...argv.slice(at + 1));
      break;
    }
    const [, name, inline] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word === '-h' ? '--help' : word) ?? [];
    if (name === undefined) {
      args.push(word);
      continue;
    }
    const definition = known[name];
    if (definition === undefined) throw new CommandUsageError(unknownOption(name, Object.keys(known)));
    let value = inline;
    if (definition.value === undefined) {
      if (inline !== undefined) throw new CommandUsageError(`--${name} takes no value, found ${inline}`);
      value = 'true';
    } else value ??= argv[++at];
    if (value === undefined)
      throw new CommandUsageError(`--${name}: expected ${definition.value}, found nothing`);
    options.set(name, [...(options.get(name) ?? []), value]);
  }
  const extra = args[command.maxArgs ?? Infinity];
  if (extra !== undefined && !options.has('help')) {
    throw new CommandUsageError(`expected no further argument, found ${JSON.stringify(extra)}`);
  }
  return { args, options };
}

function unknownOption(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  const hint =
    meant === undefined
      ? `expected ${known.map((one) => `--${one}`).join(', ')}`
      : `did you mean --${meant}?`;
  return `unknown option --${name}; ${hint}`;
}

/** The usage of one command, with its options. */
export function commandHelp({ name, usage, help, options = {} }: Command): string {
  const all = { ...options, ...COMMON_OPTIONS };
  const spellings = Object.entries(all).map(
    ([key, { value }]) => `--${key}${value === undefined ? '' : `=${value}`}`,
  );
  const width = Math.max(...spellings.map(({ length }) => length));
  const lines = Object.values(all).map((each, i) => `  ${spellings[i]!.padEnd(width)}  ${each.help}`);
  return `usage: binnacle-metrics ${name} ${usage}\n\n${help}\n\n${lines.join('\n')}`;
}

/** All commands, or those of a group. */
export function commandList(commands: readonly Command[]): string {
  const titles = commands.map(({ name, usage }) => `${name} ${usage}`);
  const width = Math.min(48, Math.max(...titles.map(({ length }) => length)));
  return commands.map(({ help }, i) => `  ${titles[i]!.padEnd(width)}  ${help}`).join('\n');
}
