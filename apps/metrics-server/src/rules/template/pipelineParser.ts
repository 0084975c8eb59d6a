import { parseGoFloat } from '@binnacle/model';
import { isFunction } from './functions.ts';
import type { Operand, Pipeline } from './nodes.ts';
import { templateError } from './templateError.ts';
import type { Token } from './tokens.ts';

const MAX_DEPTH = 50;

/** Reads one pipeline from the tokens of an action. Variables that it declares are added to those that are known. */
export class PipelineParser {
  readonly #tokens: readonly Token[];
  readonly #known: string[];
  readonly #context: string;
  #at = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], known: string[], context: string) {
    this.#tokens = tokens;
    this.#known = known;
    this.#context = context;
  }

  parse(): Pipeline {
    const { variables, declares } = this.#declaration();
    const pipeline = { variables, declares, commands: this.#commands() };
    if (this.#token.kind !== 'end') throw templateError(`unexpected ${this.#token.text}`);
    if (declares) this.#known.push(...variables);
    return pipeline;
  }

  get #token(): Token {
    return this.#tokens[this.#at] ?? { kind: 'end', text: '}}', isApart: false };
  }

  /** `$x :=`, `$x =` and, of a range, `$i, $x :=`. */
  #declaration(): { variables: string[]; declares: boolean } {
    const [first, mark, second, assignment] = this.#tokens.slice(this.#at);
    const isOne = first?.kind === 'variable' && isMark(mark, ':=', '=');
    const isTwo = first?.kind === 'variable' && isMark(mark, ',') && second?.kind === 'variable';
    if (isTwo && this.#context !== 'range') throw templateError(`too many declarations in ${this.#context}`);
    if (isTwo && !isMark(assignment, ':=', '=')) throw templateError('expected := behind two variables');
    if (!isOne && !isTwo) return { variables: [], declares: false };
    this.#at += isTwo ? 4 : 2;
    const declares = (isTwo ? assignment : mark)!.text === ':=';
    const variables = isTwo ? [first.text, second.text] : [first!.text];
    return { variables, declares };
  }

  #commands(): Operand[][] {
    if (++this.#depth > MAX_DEPTH) throw templateError(`more than ${MAX_DEPTH} levels`);
    const commands = [this.#command()];
    while (isMark(this.#token, '|')) {
      this.#at++;
      commands.push(this.#command());
      const [head] = commands.at(-1)!;
      if (head!.kind === 'constant' || head!.kind === 'dot' || head!.kind === 'nil') {
        throw templateError(`non executable command in pipeline stage ${commands.length}`);
      }
    }
    this.#depth--;
    return commands;
  }

  #command(): Operand[] {
    const operands: Operand[] = [];
    while (this.#token.kind !== 'end' && !isMark(this.#token, '|', ')')) {
      if (operands.length > 0 && !this.#token.isApart && !isMark(this.#token, '(')) {
        throw templateError(`unexpected ${JSON.stringify(this.#token.text)} without a space before it`);
      }
      operands.push(this.#operand());
    }
    if (operands.length > 0) return operands;
    throw templateError(`missing value for ${this.#context}`);
  }

  #operand(): Operand {
    const operand = this.#term();
    const names: string[] = [];
    while (this.#token.kind === 'field' && !this.#token.isApart) names.push(this.#next().text);
    if (names.length === 0) return operand;
    if (operand.kind === 'constant' || operand.kind === 'nil') {
      throw templateError(`unexpected .${names[0]} behind a constant`);
    }
    return { kind: 'fields', of: operand, names };
  }

  #term(): Operand {
    const token = this.#next();
    switch (token.kind) {
      case 'dot':
        return { kind: 'dot' };
      case 'field':
        return { kind: 'fields', of: { kind: 'dot' }, names: [token.text] };
      case 'variable':
        this.#checkKnown(token.text);
        return { kind: 'variable', name: token.text };
      case 'text':
        return { kind: 'constant', value: token.text };
      case 'number':
        return { kind: 'constant', value: numberOf(token.text) };
      case 'word':
        return this.#wordTerm(token.text);
    }
    if (!isMark(token, '('))
      throw templateError(`unexpected ${JSON.stringify(token.text)} in ${this.#context}`);
    const commands = this.#commands();
    if (!isMark(this.#next(), ')')) throw templateError('unclosed left paren');
    return { kind: 'pipeline', pipeline: { variables: [], declares: false, commands } };
  }

  #wordTerm(word: string): Operand {
    if (word === 'true' || word === 'false') return { kind: 'constant', value: word === 'true' };
    if (word === 'nil') return { kind: 'nil' };
    if (!isFunction(word)) throw templateError(`function ${JSON.stringify(word)} not defined`);
    return { kind: 'function', name: word };
  }

  #next(): Token {
    const token = this.#token;
    this.#at++;
    return token;
  }

  #checkKnown(name: string): void {
    if (!this.#known.includes(name)) throw templateError(`undefined variable ${JSON.stringify(name)}`);
  }
}

function isMark(token: Token | undefined, ...marks: readonly string[]): boolean {
  return token?.kind === 'mark' && marks.includes(token.text);
}

/** A whole number, which Go has as int, or a float. */
function numberOf(text: string): number | bigint {
  const digits = text.replace(/(?<=[\da-fA-FxXoObB])_(?=[\da-fA-F])/g, '');
  if (/^[+-]?(\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)) {
    const sign = digits.startsWith('-') ? -1n : 1n;
    const bare = digits.replace(/^[+-]/, '');
    return sign * BigInt(/^0[0-7]+$/.test(bare) ? `0o${bare}` : bare);
  }
  const float = parseGoFloat(digits);
  if (float === undefined) throw templateError(`bad number syntax: ${JSON.stringify(text)}`);
  return float;
}
