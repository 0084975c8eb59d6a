import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareSchemas } from '../compatibility.ts';
import type { EventDefinition } from '../defineEvent.ts';

/**
 * The compatibility gate. Every published shape of a version is kept as `schemas/<type>/v<version>.<n>.json`; the source
 * must be FULLy compatible with all of them, and its own shape must be among them.
 */
export interface GateResult {
  readonly problems: readonly string[];
  /** Types whose shape is compatible but not kept yet; `schemas:write` keeps it. */
  readonly unpublished: readonly EventDefinition[];
}

export function checkSchemas(definitions: readonly EventDefinition[], folder: string): GateResult {
  const problems: string[] = [];
  const unpublished: EventDefinition[] = [];
  for (const definition of definitions) {
    const name = `${definition.type} version ${definition.version}`;
    const published = publishedShapes(definition, folder);
    for (const { file, schema } of published) {
      for (const { path, reason } of compareSchemas(schema, jsonSchema(definition))) {
        problems.push(
          `${name}: ${path} ${reason} (against ${file}). Make the change optional, or define the next version with an upcast.`,
        );
      }
    }
    if (!published.some(({ schema }) => same(schema, jsonSchema(definition)))) unpublished.push(definition);
  }
  const known = new Set(definitions.map(({ type }) => type));
  for (const type of existsSync(folder) ? readdirSync(folder) : []) {
    if (!known.has(type))
      problems.push(`${type} was published and is gone: old events can no longer be read`);
  }
  return { problems, unpublished };
}

/** Keeps the present shape of a definition beside the earlier ones. Returns the file's name. */
export function publishSchema(definition: EventDefinition, folder: string): string {
  const count = publishedShapes(definition, folder).length;
  const file = join(definition.type, `v${definition.version}.${count + 1}.json`);
  mkdirSync(join(folder, definition.type), { recursive: true });
  writeFileSync(join(folder, file), `${JSON.stringify(jsonSchema(definition), null, 2)}\n`);
  return file;
}

function publishedShapes(
  { type, version }: EventDefinition,
  folder: string,
): { file: string; schema: Record<string, unknown> }[] {
  const typeFolder = join(folder, type);
  if (!existsSync(typeFolder)) return [];
  const files = readdirSync(typeFolder).filter((file) => file.startsWith(`v${version}.`));
  return files.map((file) => ({
    file: `${type}/${file}`,
    schema: JSON.parse(readFileSync(join(typeFolder, file), 'utf8')) as Record<string, unknown>,
  }));
}

function jsonSchema({ type, version, description, data }: EventDefinition): Record<string, unknown> {
  return JSON.parse(JSON.stringify({ title: `${type} v${version}`, description, ...data })) as Record<
    string,
    unknown
  >;
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
