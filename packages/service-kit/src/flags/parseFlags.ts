import { UsageError } from '../errors.ts';
import type { Flag, FlagDefinitions, FlagValues } from './flagDefinitions.ts';
import { nearestName } from './nearestName.ts';

/** What a command line asks for. */
export type ParsedCommandLine<F extends FlagDefinitions> =
  | { readonly kind: 'run'; readonly values: FlagValues<F> }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' };

/**
 * Reads a command line as Prometheus does: `--flag=value`, `--flag value`, `--flag` and `--no-flag` for a
 * boolean, one dash or two. `--help` and `--version` win over everything else. Throws UsageError.
 */
export function parseFlags<F extends FlagDefinitions>(
  definitions: F,
  argv: readonly string[],
): ParsedCommandLine<F> {
  const asked = askedInstead(argv);
  if (asked !== undefined) return { kind: asked };
  const given = new Map<string, unknown[]>();
  for (let at = 0; at < argv.length; at++) {
    const { name, text, negated } = splitArgument(argv[at]!, definitions);
    const definition = definitions[name]!;
    let value: unknown;
    if (definition.isBoolean && text === undefined) value = !negated;
    else value = parseValue(name, definition, text ?? followingValue(name, definition, argv[++at]));
    const values = given.get(name) ?? [];
    if (values.length > 0 && !definition.isRepeated) {
      throw new UsageError('FLAG_REPEATED', `--${name} is given more than once; give it once`);
    }
    given.set(name, [...values, value]);
  }
  return { kind: 'run', values: withDefaults(definitions, given) };
}

function askedInstead(argv: readonly string[]): 'help' | 'version' | undefined {
  if (argv.some((argument) => /^(?:--?help|-h)$/.test(argument))) return 'help';
  return argv.some((argument) => /^--?version$/.test(argument)) ? 'version' : undefined;
}

function splitArgument(argument: string, definitions: FlagDefinitions) {
  const match = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument);
  if (match === null) {
    throw new UsageError(
      'FLAG_UNEXPECTED_ARGUMENT',
      `unexpected argument ${JSON.stringify(argument)}; every setting is a flag, see --help`,
    );
  }
  const [, name = '', text] = match;
  if (Object.hasOwn(definitions, name)) return { name, text, negated: false };
  const positive = name.startsWith('no-') ? name.slice(3) : '';
  if (Object.hasOwn(definitions, positive) && definitions[positive]!.isBoolean) {
    if (text === undefined) return { name: positive, text, negated: true };
    throw new UsageError('FLAG_VALUE_INVALID', `--${name} takes no value; write --${name} alone`);
  }
  const known = Object.keys(definitions).filter((other) => !definitions[other]!.hidden);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? 'see --help' : `did you mean --${nearest}?`;
  throw new UsageError('FLAG_UNKNOWN', `unknown flag --${name}; ${hint}`);
}

/** A value that begins with a dash is a forgotten value, unless it is a number. */
function followingValue(name: string, definition: Flag<unknown>, next: string | undefined): string {
  if (next !== undefined && !/^-\D/.test(next)) return next;
  const sample = `--${name}=<${definition.placeholder}>`;
  const found = next === undefined ? 'nothing' : JSON.stringify(next);
  throw new UsageError('FLAG_VALUE_MISSING', `--${name} needs a value, found ${found}; write ${sample}`);
}

function parseValue(name: string, definition: Flag<unknown>, text: string): unknown {
  try {
    return definition.parse(text);
  } catch (error) {
    throw new UsageError('FLAG_VALUE_INVALID', `--${name}: ${(error as Error).message}`, { cause: error });
  }
}

function withDefaults<F extends FlagDefinitions>(definitions: F, given: Map<string, unknown[]>) {
  const values: Record<string, unknown> = {};
  for (const [name, definition] of Object.entries(definitions)) {
    const found = given.get(name);
    if (found === undefined && definition.required) {
      throw new UsageError('FLAG_REQUIRED', `--${name}=<${definition.placeholder}> is required`);
    }
    values[name] = found === undefined ? definition.defaultValue : definition.isRepeated ? found : found[0];
  }
  return values as FlagValues<F>;
}
