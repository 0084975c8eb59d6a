import type { Labels } from '@binnacle/model';
import { MetricsServerError } from '../errors.ts';
import { TEMPLATE_FUNCTIONS, templateText, type TemplateValue } from './templateFunctions.ts';

/** What a template may speak of. */
export interface TemplateData {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Labels;
  readonly externalUrl: string;
}

const ACTION = /\{\{-?\s*([\s\S]*?)\s*-?\}\}/g;
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|\||\(|\)|[^\s|()]+/g;

/**
 * Expands the part of Go's template language that alerts use: `{{ $value | humanize }}`, `{{ $labels.name }}`,
 * `{{ printf "%.2f" $value }}`, parentheses and pipes. Throws METRICS_TEMPLATE for anything else.
 */
export function expandTemplate(text: string, data: TemplateData): string {
  return text.replaceAll(ACTION, (_, action: string) => {
    if (action.startsWith('/*')) return '';
    return templateText(new Expression(action, data).evaluate());
  });
}

/** One action, read from left to right. */
class Expression {
  readonly #tokens: string[];
  readonly #data: TemplateData;
  #at = 0;

  constructor(action: string, data: TemplateData) {
    this.#tokens = action.match(TOKEN) ?? [];
    this.#data = data;
  }

  evaluate(): TemplateValue {
    const value = this.#pipeline();
    if (this.#at < this.#tokens.length) throw bad(`unexpected ${this.#tokens[this.#at]}`);
    return value;
  }

  #pipeline(): TemplateValue {
    let value = this.#command(undefined);
    while (this.#tokens[this.#at] === '|') {
      this.#at++;
      value = this.#command(value);
    }
    return value;
  }

  #command(piped: TemplateValue | undefined): TemplateValue {
    const head = this.#tokens[this.#at];
    if (head === undefined || head === '|' || head === ')') throw bad('a command is missing');
    const call = TEMPLATE_FUNCTIONS.get(head);
    if (call === undefined) {
      if (piped !== undefined) throw bad(`function ${JSON.stringify(head)} not defined`);
      return this.#operand();
    }
    this.#at++;
    const args: TemplateValue[] = [];
    while (this.#at < this.#tokens.length && !['|', ')'].includes(this.#tokens[this.#at]!)) {
      args.push(this.#operand());
    }
    if (piped !== undefined) args.push(piped);
    return call(args);
  }

  #operand(): TemplateValue {
    const token = this.#tokens[this.#at++]!;
    if (token === '(') {
      const value = this.#pipeline();
      if (this.#tokens[this.#at++] !== ')') throw bad('a closing parenthesis is missing');
      return value;
    }
    if (token.startsWith('"')) return JSON.parse(token) as string;
    if (token.startsWith('`')) return token.slice(1, -1);
    if (/^[+-]?[\d.]/.test(token) && !Number.isNaN(Number(token))) return Number(token);
    return this.#variable(token);
  }

  #variable(token: string): TemplateValue {
    const { labels, value, externalLabels, externalUrl } = this.#data;
    const [root, field, ...rest] = token.split(/(?<!^)\./);
    if (rest.length > 0) throw bad(`unexpected ${token}`);
    const sets: Readonly<Record<string, Labels>> = {
      $labels: labels,
      '.Labels': labels,
      $externalLabels: externalLabels,
      '.ExternalLabels': externalLabels,
    };
    const set = sets[root!];
    if (set !== undefined) return field === undefined ? mapText(set) : set.get(field);
    if ((token === '$value' || token === '.Value') && field === undefined) return value;
    if (token === '$externalURL' || token === '.ExternalURL') return externalUrl;
    throw bad(`${JSON.stringify(token)} is not something that a template of this server knows`);
  }
}

function mapText(labels: Labels): string {
  return `map[${[...labels].map(([name, value]) => `${name}:${value}`).join(' ')}]`;
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_TEMPLATE', message);
}
