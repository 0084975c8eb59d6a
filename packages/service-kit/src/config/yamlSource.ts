import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { ConfigError, type ConfigProblem } from '../errors.ts';

/** A parsed YAML file that knows where each of its values stands. */
export interface YamlSource {
  /** The document as plain values; an empty value counts as an absent key, an empty file as `{}`. */
  value(): unknown;
  /** The text of the scalar at the path as it was written, without quotes; undefined if none is there. */
  scalarText(path: readonly string[]): string | undefined;
  /** A problem at the value of the path, or at its key. */
  problem(path: readonly string[], message: string, isKey?: boolean): ConfigProblem;
}

/** Parses YAML 1.2 with merge keys (`<<`). Throws ConfigError with every syntax error. */
export function parseYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const at = (offset: number, path: readonly string[], message: string): ConfigProblem => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1), path: formatPath(path), message };
  };
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0) {
    throw new ConfigError(faults.map(({ pos, message }) => at(pos[0], [], `not valid YAML: ${message}`)));
  }
  return {
    value: () => {
      try {
        return withoutEmpty(document.toJS()) ?? {};
      } catch (error) {
        throw new ConfigError([at(0, [], `not valid YAML: ${(error as Error).message}`)]);
      }
    },
    scalarText: (path) => {
      const node = nodeAt(document, path, false).node;
      return isScalar(node) ? (node.source ?? String(node.value)) : undefined;
    },
    problem: (path, message, isKey = false) => {
      const node = nodeAt(document, path, isKey).nearest;
      return at(node?.range?.[0] ?? 0, path, message);
    },
  };
}

/** The path as a person writes it: `scrape_configs[2].static_configs`. */
function formatPath(path: readonly string[]): string {
  let text = '';
  for (const part of path) {
    if (/^\d+$/.test(part)) text += `[${part}]`;
    else if (/^[\w-]+$/.test(part)) text += text === '' ? part : `.${part}`;
    else text += `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** The node at the path, and the deepest node that exists on the way to it. */
function nodeAt(document: Document, path: readonly string[], wantKey: boolean) {
  let node = resolve(document, document.contents);
  let nearest = node;
  for (const [depth, part] of path.entries()) {
    const isLast = depth === path.length - 1;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) return { node: undefined, nearest };
      if (wantKey && isLast) return { node: pair.key as Node, nearest: pair.key as Node };
      node = resolve(document, pair.value as Node | null);
      nearest = node ?? (pair.key as Node);
    } else if (isSeq(node)) {
      node = resolve(document, (node.items[Number(part)] ?? null) as Node | null);
      nearest = node ?? nearest;
    } else return { node: undefined, nearest };
  }
  return { node, nearest };
}

function resolve(document: Document, node: Node | null): Node | undefined {
  return (isAlias(node) ? node.resolve(document) : node) ?? undefined;
}

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value).map(([key, each]) => [key, withoutEmpty(each)] as const);
  return Object.fromEntries(entries.filter(([, each]) => each !== undefined));
}
