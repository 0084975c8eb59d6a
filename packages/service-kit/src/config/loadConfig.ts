import { readFile } from 'node:fs/promises';
import type { StaticDecode, TSchema } from 'typebox';
import { DecodeUnsafe, Value } from 'typebox/value';
import { ConfigError, ServiceError } from '../errors.ts';
import { closeObjects } from './closeObjects.ts';
import { schemaProblems } from './schemaProblems.ts';
import { parseYaml, type YamlSource } from './yamlSource.ts';

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads and checks a YAML configuration file. Throws ConfigError with every problem in it, ServiceError when
 * it cannot be read.
 */
export async function loadConfig<C extends TSchema>(file: string, schema: C): Promise<StaticDecode<C>> {
  return parseConfig(file, await readConfigFile(file), schema);
}

/** The text of a configuration file. Throws ServiceError. */
export async function readConfigFile(file: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const reason = READ_ERRORS[(error as NodeJS.ErrnoException).code ?? ''] ?? (error as Error).message;
    throw new ServiceError('CONFIG_UNREADABLE', `cannot read ${file}: ${reason}`, { cause: error });
  }
  if (bytes.length <= MAX_BYTES) return bytes.toString('utf8');
  throw new ServiceError(
    'CONFIG_UNREADABLE',
    `${file} has ${bytes.length} bytes; at most ${MAX_BYTES} are read`,
  );
}

/** Checks the text of a configuration file, fills in defaults and decodes durations and sizes. */
export function parseConfig<C extends TSchema>(file: string, text: string, schema: C): StaticDecode<C> {
  return checkConfig(file, text, schema).config;
}

/** As parseConfig; `problem` makes further problems of the same file, with their lines. */
export function checkConfig<C extends TSchema>(file: string, text: string, schema: C) {
  const closed = closeObjects(schema);
  const source = parseYaml(file, text);
  const value = readScalarsAsText(Value.Default(closed, source.value()), closed, source);
  const problems = schemaProblems(closed, value);
  if (problems.length > 0) {
    throw new ConfigError(problems.map(({ path, message, isKey }) => source.problem(path, message, isKey)));
  }
  const config = DecodeUnsafe({}, closed, value) as StaticDecode<C>;
  return { config, problem: source.problem };
}

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file; check the path',
  EACCES: 'permission denied; make it readable for the user of this program',
  EISDIR: 'it is a folder; name a file',
};

/** Where a text is expected, an unquoted `1`, `1.50` or `true` is taken as written, as Prometheus does. */
function readScalarsAsText(value: unknown, schema: TSchema, source: YamlSource): unknown {
  for (;;) {
    const problems = schemaProblems(schema, value).filter(({ expectsText }) => expectsText);
    const texts = problems.map(({ path }) => [path, source.scalarText(path)] as const);
    const known = texts.filter(([, text]) => text !== undefined);
    if (known.length === 0) return value;
    for (const [path, text] of known) Value.Pointer.Set(value as object, toPointer(path), text);
  }
}

function toPointer(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
