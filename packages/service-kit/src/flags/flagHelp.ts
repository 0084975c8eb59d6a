import type { Flag, FlagDefinitions } from './flagDefinitions.ts';

const HELP_COLUMN = 34;
const WIDTH = 100;

export interface HelpSubject {
  readonly name: string;
  readonly version: string;
  readonly description: string;
}

/** The text of `--help`: flags under their headings, each with its value and default. */
export function flagHelp(subject: HelpSubject, definitions: FlagDefinitions): string {
  const groups = new Map<string, string[]>();
  for (const [name, definition] of Object.entries(definitions)) {
    if (definition.hidden) continue;
    const group = definition.group ?? subject.name;
    groups.set(group, [...(groups.get(group) ?? []), describeFlag(name, definition)]);
  }
  const heading = `usage: ${subject.name} [<flags>]\n\n${wrap(subject.description, 0)}\n`;
  const sections = [...groups].map(([group, lines]) => `\n${group}:\n${lines.join('\n')}\n`);
  const general = ['-h, --help', '--version'].map((name, at) =>
    describe(name, ['Show this text.', `Show the version (${subject.version}).`][at]!),
  );
  return `${heading}${sections.join('')}\nGeneral:\n${general.join('\n')}\n`;
}

function describeFlag(name: string, definition: Flag<unknown>): string {
  const { isBoolean, isRepeated, required, defaultText, help, placeholder } = definition;
  const left = isBoolean ? `--[no-]${name}` : `--${name}=<${placeholder}>`;
  const notes = [
    isRepeated ? 'May be repeated.' : '',
    required ? 'Required.' : '',
    defaultText === undefined || defaultText === '' ? '' : `Default: ${defaultText}.`,
  ];
  return describe(left, [help, ...notes].filter((part) => part !== '').join(' '));
}

function describe(left: string, text: string): string {
  const indented = `  ${left}`;
  const block = wrap(text, HELP_COLUMN);
  if (indented.length > HELP_COLUMN - 2) return `${indented}\n${block}`;
  return indented.padEnd(HELP_COLUMN) + block.slice(HELP_COLUMN);
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  lines.push(line);
  return lines.map((each) => ' '.repeat(indent) + each).join('\n');
}
