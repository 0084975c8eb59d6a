import { Labels } from '@binnacle/model';
import type { RuleSample } from '../rule.ts';
import { printedText, valueText } from './format.ts';
import type { ParsedTemplate, TemplateNode } from './nodes.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { parseTemplate } from './parseTemplate.ts';
import { templateError } from './templateError.ts';
import { isMap, isTrue, typeName, type TemplateRoot, type TemplateValue } from './values.ts';

/** What a template may speak of. */
export interface TemplateData {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
  /** The time of the evaluation. */
  readonly timeMs: number;
  /** An instant query at that time. */
  readonly query: (query: string) => Promise<readonly RuleSample[]>;
}

const MAX_OUTPUT = 1 << 20;
const MAX_RANGE = 100_000;
/** Templates that call each other deeper than this would never end. */
const MAX_CALLS = 100;

/** A template of an alert, as Prometheus expands them. */
export class Template {
  readonly #parsed: ParsedTemplate;

  /** Throws METRICS_TEMPLATE for what is no template. */
  constructor(text: string) {
    this.#parsed = text.includes('{{')
      ? parseTemplate(text)
      : { nodes: [{ kind: 'text', text }], defined: new Map() };
  }

  /** Throws METRICS_TEMPLATE. */
  async expand(data: TemplateData): Promise<string> {
    const { labels: Labels, value: Value, externalLabels: ExternalLabels, externalUrl: ExternalURL } = data;
    const root: TemplateRoot = { Labels, ExternalLabels, ExternalURL, Value };
    const variables = new Variables(undefined, [
      ['$', root],
      ['$labels', Labels],
      ['$value', Value],
      ['$externalLabels', ExternalLabels],
      ['$externalURL', ExternalURL],
    ]);
    const expansion = new Expansion(this.#parsed, data);
    await expansion.list(this.#parsed.nodes, root, variables);
    return expansion.text;
  }
}

/** Variables of a block and of those around it. */
class Variables {
  readonly #outer: Variables | undefined;
  readonly #values: Map<string, TemplateValue>;

  constructor(outer: Variables | undefined, values: Iterable<readonly [string, TemplateValue]> = []) {
    this.#outer = outer;
    this.#values = new Map(values);
  }

  declare(name: string, value: TemplateValue): void {
    this.#values.set(name, value);
  }

  assign(name: string, value: TemplateValue): void {
    if (this.#values.has(name)) this.#values.set(name, value);
    else if (this.#outer === undefined) throw templateError(`undefined variable: ${name}`);
    else this.#outer.assign(name, value);
  }

  get(name: string): TemplateValue {
    return this.#values.has(name) ? this.#values.get(name) : this.#outer?.get(name);
  }
}

/** Where an expansion goes on: behind the node, or at the end of the loop that it stands in. */
type Flow = 'next' | 'break' | 'continue';

class Expansion {
  readonly #template: ParsedTemplate;
  readonly #data: TemplateData;
  #calls = 0;
  text = '';

  constructor(template: ParsedTemplate, data: TemplateData) {
    this.#template = template;
    this.#data = data;
  }

  async list(nodes: readonly TemplateNode[], dot: TemplateValue, variables: Variables): Promise<Flow> {
    for (const node of nodes) {
      const flow = await this.#node(node, dot, variables);
      if (flow !== 'next') return flow;
    }
    return 'next';
  }

  async #node(node: TemplateNode, dot: TemplateValue, variables: Variables): Promise<Flow> {
    switch (node.kind) {
      case 'text':
        this.#print(node.text);
        return 'next';
      case 'break':
      case 'continue':
        return node.kind;
      case 'template': {
        const { name, pipeline } = node;
        const value = pipeline && (await evaluate(pipeline, this.#scope(dot, variables)));
        await this.#call(name, value);
        return 'next';
      }
    }
    const value = await evaluate(node.pipeline, this.#scope(dot, variables));
    const { variables: names, declares } = node.pipeline;
    if (node.kind === 'action') {
      if (names[0] === undefined) this.#print(printedText(value));
      else if (declares) variables.declare(names[0], value);
      else variables.assign(names[0], value);
      return 'next';
    }
    if (node.kind === 'range') return this.#range(node, value, dot, variables);
    const inner = new Variables(variables);
    if (names[0] !== undefined) inner[declares ? 'declare' : 'assign'](names[0], value);
    if (!isTrue(value)) return this.list(node.otherwise, dot, inner);
    return this.list(node.body, node.kind === 'with' ? value : dot, inner);
  }

  async #range(
    { pipeline, body, otherwise }: Extract<TemplateNode, { body: unknown }>,
    value: TemplateValue,
    dot: TemplateValue,
    variables: Variables,
  ): Promise<Flow> {
    const entries = entriesOf(value);
    if (entries.length === 0) return this.list(otherwise, dot, new Variables(variables));
    const { variables: names, declares } = pipeline;
    for (const [key, element] of entries) {
      const inner = new Variables(variables);
      for (const [i, name] of names.entries()) {
        const given = i === 0 && names.length === 2 ? key : element;
        inner[declares ? 'declare' : 'assign'](name, given);
      }
      if ((await this.list(body, element, inner)) === 'break') break;
    }
    return 'next';
  }

  /** Prints a template that was defined, with a value as its `.` and `$`. */
  async #call(name: string, value: TemplateValue): Promise<void> {
    const nodes = this.#template.defined.get(name);
    if (nodes === undefined) throw templateError(`template ${JSON.stringify(name)} not defined`);
    if (++this.#calls > MAX_CALLS)
      throw templateError(`templates call each other more than ${MAX_CALLS} deep`);
    await this.list(nodes, value, new Variables(undefined, [['$', value]]));
    this.#calls--;
  }

  /** What `tmpl` gives: the text that a template prints. */
  async #textOf(name: string, value: TemplateValue): Promise<string> {
    const before = this.text;
    this.text = '';
    await this.#call(name, value);
    const text = this.text;
    this.text = before;
    return text;
  }

  #scope(dot: TemplateValue, variables: Variables): Scope {
    return {
      dot,
      data: this.#data,
      variable: (name) => variables.get(name),
      template: (name, value) => this.#textOf(name, value),
    };
  }

  #print(text: string): void {
    this.text += text;
    if (this.text.length > MAX_OUTPUT) throw templateError(`more than ${MAX_OUTPUT} characters`);
  }
}

/** Keys and elements of what `range` goes through: a list, a map in the order of its keys, or the numbers below one. */
function entriesOf(value: TemplateValue): (readonly [TemplateValue, TemplateValue])[] {
  if (Array.isArray(value)) return value.map((element: RuleSample, i) => [BigInt(i), element]);
  if (value instanceof Labels || isMap(value)) return [...value];
  if (value === undefined) return [];
  if (typeof value === 'bigint') {
    if (value > BigInt(MAX_RANGE))
      throw templateError(`range over ${value}: at most ${MAX_RANGE} are possible`);
    return Array.from({ length: Math.max(0, Number(value)) }, (_, i) => [BigInt(i), BigInt(i)]);
  }
  throw templateError(`range can't iterate over ${typeName(value)} ${valueText(value)}`);
}
