import { Labels } from '@binnacle/model';
import { MetricsServerError } from '../errors.ts';
import type { RuleSample } from './rule.ts';
import { TEMPLATE_FUNCTIONS } from './templateFunctions.ts';
import { parseTemplate, type TemplateNode } from './templateParser.ts';
import { fieldOf, isTrue, templateText, type TemplateRoot, type TemplateValue } from './templateValue.ts';

/** What a template may speak of. */
export interface TemplateData {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** An instant query at the time of the evaluation. */
  readonly query: (query: string) => Promise<readonly RuleSample[]>;
}

const MAX_OUTPUT = 1 << 20;

/** Expands a template as Prometheus expands those of alerts. Throws METRICS_TEMPLATE. */
export async function expandTemplate(text: string, data: TemplateData): Promise<string> {
  if (!text.includes('{{')) return text;
  const { labels: Labels, value: Value, externalLabels: ExternalLabels, externalUrl: ExternalURL } = data;
  const root: TemplateRoot = { Labels, Value, ExternalLabels, ExternalURL };
  const scope = new Scope(undefined, [
    ['$', root],
    ['$labels', Labels],
    ['$value', Value],
    ['$externalLabels', ExternalLabels],
    ['$externalURL', ExternalURL],
  ]);
  return new Expansion(data).list(parseTemplate(text), root, scope);
}

/** Variables of a block and of those around it. */
class Scope {
  readonly #outer: Scope | undefined;
  readonly #variables: Map<string, TemplateValue>;

  constructor(outer: Scope | undefined, variables: Iterable<readonly [string, TemplateValue]> = []) {
    this.#outer = outer;
    this.#variables = new Map(variables);
  }

  declare(name: string, value: TemplateValue): void {
    this.#variables.set(name, value);
  }

  assign(name: string, value: TemplateValue): void {
    if (this.#variables.has(name)) this.#variables.set(name, value);
    else if (this.#outer === undefined) throw bad(`undefined variable ${name}`);
    else this.#outer.assign(name, value);
  }

  get(name: string): TemplateValue {
    if (this.#variables.has(name)) return this.#variables.get(name);
    if (this.#outer === undefined) throw bad(`undefined variable ${JSON.stringify(name)}`);
    return this.#outer.get(name);
  }
}

class Expansion {
  readonly #data: TemplateData;

  constructor(data: TemplateData) {
    this.#data = data;
  }

  async list(nodes: readonly TemplateNode[], dot: TemplateValue, scope: Scope): Promise<string> {
    let text = '';
    for (const node of nodes) {
      text += node.kind === 'text' ? node.text : await this.#node(node, dot, scope);
      if (text.length > MAX_OUTPUT) throw bad(`more than ${MAX_OUTPUT} characters`);
    }
    return text;
  }

  async #node(
    node: Exclude<TemplateNode, { kind: 'text' }>,
    dot: TemplateValue,
    scope: Scope,
  ): Promise<string> {
    const inner = new Scope(scope);
    const { names, isNew, tokens } = assignmentOf(node.tokens);
    const value = await new Pipeline(tokens, dot, scope, this.#data).evaluate();
    if (node.kind === 'action') {
      const [name] = names;
      if (name === undefined) return templateText(value);
      if (isNew) scope.declare(name, value);
      else scope.assign(name, value);
      return '';
    }
    if (node.kind === 'range') return this.#range(node, names, value, dot, scope);
    if (names[0] !== undefined) inner.declare(names[0], value);
    if (!isTrue(value)) return this.list(node.otherwise, dot, inner);
    return this.list(node.body, node.kind === 'with' ? value : dot, inner);
  }

  async #range(
    { body, otherwise }: Extract<TemplateNode, { kind: 'range' | 'if' | 'with' }>,
    names: readonly string[],
    value: TemplateValue,
    dot: TemplateValue,
    scope: Scope,
  ): Promise<string> {
    const entries = entriesOf(value);
    if (entries.length === 0) return this.list(otherwise, dot, new Scope(scope));
    let text = '';
    for (const [key, element] of entries) {
      const inner = new Scope(scope);
      const [first, second] = names;
      if (second !== undefined) inner.declare(second, element);
      if (first !== undefined) inner.declare(first, second === undefined ? element : key);
      text += await this.list(body, element, inner);
    }
    return text;
  }
}

function entriesOf(value: TemplateValue): (readonly [TemplateValue, TemplateValue])[] {
  if (Array.isArray(value)) return value.map((sample: RuleSample, i) => [i, sample]);
  if (value instanceof Labels) return [...value];
  if (value === undefined) return [];
  throw bad(`range can't iterate over ${templateText(value)}`);
}

/** `$x := …`, `$i, $x := …` and `$x = …`. */
function assignmentOf(tokens: readonly string[]): {
  readonly names: readonly string[];
  readonly isNew: boolean;
  readonly tokens: readonly string[];
} {
  const at = tokens.findIndex((token) => token === ':=' || token === '=');
  const names = tokens.slice(0, Math.max(0, at)).filter((token) => token !== ',');
  if (at < 1 || !names.every((name) => /^\$\w+$/.test(name))) return { names: [], isNew: false, tokens };
  return { names, isNew: tokens[at] === ':=', tokens: tokens.slice(at + 1) };
}

/** One pipeline, read from left to right. */
class Pipeline {
  readonly #tokens: readonly string[];
  readonly #dot: TemplateValue;
  readonly #scope: Scope;
  readonly #data: TemplateData;
  #at = 0;

  constructor(tokens: readonly string[], dot: TemplateValue, scope: Scope, data: TemplateData) {
    this.#tokens = tokens;
    this.#dot = dot;
    this.#scope = scope;
    this.#data = data;
  }

  async evaluate(): Promise<TemplateValue> {
    const value = await this.#pipeline();
    if (this.#at < this.#tokens.length) throw bad(`unexpected ${this.#tokens[this.#at]}`);
    return value;
  }

  async #pipeline(): Promise<TemplateValue> {
    let value = await this.#command([]);
    while (this.#tokens[this.#at] === '|') {
      this.#at++;
      value = await this.#command([value]);
    }
    return value;
  }

  /** A function with its arguments, what was piped last; or a single operand. */
  async #command(piped: readonly TemplateValue[]): Promise<TemplateValue> {
    const head = this.#tokens[this.#at];
    if (head === undefined || head === '|' || head.startsWith(')')) throw bad('a command is missing');
    if (!/^[A-Za-z_]\w*$/.test(head) || head === 'true' || head === 'false') {
      if (piped.length > 0) throw bad(`can't give an argument to non-function ${head}`);
      return this.#operand();
    }
    this.#at++;
    const args: TemplateValue[] = [];
    while (this.#at < this.#tokens.length && !/^[|)]/.test(this.#tokens[this.#at]!)) {
      args.push(await this.#operand());
    }
    return this.#call(head, [...args, ...piped]);
  }

  async #call(name: string, args: readonly TemplateValue[]): Promise<TemplateValue> {
    if (name === 'query') return this.#data.query(templateText(args[0]));
    if (name === 'externalURL') return this.#data.externalUrl;
    if (name === 'pathPrefix') return URL.parse(this.#data.externalUrl)?.pathname.replace(/\/$/, '') ?? '';
    const call = TEMPLATE_FUNCTIONS.get(name);
    if (call === undefined) throw bad(`function ${JSON.stringify(name)} not defined`);
    return call(args);
  }

  async #operand(): Promise<TemplateValue> {
    const token = this.#tokens[this.#at++]!;
    if (token === '(') {
      const value = await this.#pipeline();
      const close = this.#tokens[this.#at++];
      if (close === undefined || !close.startsWith(')')) throw bad('a closing parenthesis is missing');
      return fieldOf(value, close.split('.').slice(1));
    }
    if (token.startsWith('"')) return quoted(token);
    if (token.startsWith('`')) return token.slice(1, -1);
    if (/^[+-]?\.?\d/.test(token) && !Number.isNaN(Number(token))) return Number(token);
    if (token === 'true' || token === 'false') return token === 'true';
    if (token === '.') return this.#dot;
    if (token.startsWith('.')) return fieldOf(this.#dot, token.slice(1).split('.'));
    if (token.startsWith('$')) {
      const [name, ...fields] = token.split('.');
      return fieldOf(this.#scope.get(name!), fields);
    }
    // A function without arguments, as an argument.
    return this.#call(token, []);
  }
}

function quoted(token: string): string {
  try {
    return JSON.parse(token) as string;
  } catch {
    throw bad(`${token} is not a text that can be read`);
  }
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_TEMPLATE', message);
}
