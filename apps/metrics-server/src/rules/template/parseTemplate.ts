import type { ParsedTemplate, Pipeline, TemplateNode } from './nodes.ts';
import { PipelineParser } from './pipelineParser.ts';
import { templateError } from './templateError.ts';
import { piecesOf, type Piece, type Token } from './tokens.ts';

const MAX_DEPTH = 50;
/** What Prometheus declares before every template of an alert; templates that one defines know `$` only. */
const ROOT_VARIABLES = ['$', '$labels', '$externalLabels', '$externalURL', '$value'];

type BlockKind = 'if' | 'with' | 'range';

/** Takes a template of Go's text/template apart. Throws METRICS_TEMPLATE. */
export function parseTemplate(text: string): ParsedTemplate {
  return new TemplateParser(piecesOf(text)).parse();
}

class TemplateParser {
  readonly #pieces: readonly Piece[];
  readonly #defined = new Map<string, readonly TemplateNode[]>();
  #at = 0;
  #variables = [...ROOT_VARIABLES];
  #rangeDepth = 0;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  parse(): ParsedTemplate {
    const nodes = this.#list(0);
    const rest = this.#word();
    if (rest !== undefined) throw templateError(`unexpected {{${rest}}}`);
    return { nodes, defined: this.#defined };
  }

  /** Nodes up to an `end` or `else` that is not of this list. */
  #list(depth: number): TemplateNode[] {
    if (depth > MAX_DEPTH) throw templateError(`more than ${MAX_DEPTH} levels`);
    const nodes: TemplateNode[] = [];
    for (;;) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined) return nodes;
      if ('text' in piece) nodes.push({ kind: 'text', text: piece.text });
      else if (isWord(piece.tokens, 'end') || isWord(piece.tokens, 'else')) return nodes;
      this.#at++;
      if ('tokens' in piece) nodes.push(...this.#action(piece.tokens, depth));
    }
  }

  #action(tokens: readonly Token[], depth: number): TemplateNode[] {
    const keyword = tokens[0]?.kind === 'word' ? tokens[0].text : '';
    switch (keyword) {
      case 'if':
      case 'with':
      case 'range':
        return [this.#block(keyword, tokens.slice(1), depth)];
      case 'define':
        if (depth > 0) throw templateError('{{define}} stands inside of another action');
        this.#define(nameOf(tokens, 'define').name, depth);
        return [];
      case 'block': {
        const { name, rest } = nameOf(tokens, 'block');
        const pipeline = this.#pipeline(rest, 'block');
        this.#define(name, depth);
        return [{ kind: 'template', name, pipeline }];
      }
      case 'template': {
        const { name, rest } = nameOf(tokens, 'template');
        const pipeline = rest.length > 1 ? this.#pipeline(rest, 'template') : undefined;
        return [{ kind: 'template', name, pipeline }];
      }
      case 'break':
      case 'continue':
        if (tokens.length > 2) break;
        if (this.#rangeDepth === 0) throw templateError(`{{${keyword}}} stands outside of {{range}}`);
        return [{ kind: keyword }];
    }
    return [{ kind: 'action', pipeline: this.#pipeline(tokens, 'command') }];
  }

  #block(kind: BlockKind, tokens: readonly Token[], depth: number): TemplateNode {
    const known = this.#variables.length;
    const pipeline = this.#pipeline(tokens, kind);
    if (kind === 'range') this.#rangeDepth++;
    const body = this.#list(depth + 1);
    if (kind === 'range') this.#rangeDepth--;
    const otherwise = this.#otherwise(kind, depth);
    this.#variables.length = known;
    return { kind, pipeline, body, otherwise };
  }

  /** What stands behind `else`, up to the end of its block. */
  #otherwise(kind: BlockKind, depth: number): readonly TemplateNode[] {
    const tokens = this.#take();
    if (tokens === undefined) throw templateError(`{{${kind}}} has no {{end}}`);
    if (isWord(tokens, 'end')) return [];
    const next = tokens[1];
    if (next?.kind === 'word' && next.text === kind && kind !== 'range') {
      return [this.#block(kind, tokens.slice(2), depth + 1)];
    }
    if (next?.kind !== 'end') throw templateError(`unexpected ${next?.text} behind {{else}} of {{${kind}}}`);
    const nodes = this.#list(depth + 1);
    const end = this.#take();
    if (end === undefined || !isWord(end, 'end')) {
      throw templateError(`the {{else}} of {{${kind}}} has no {{end}}`);
    }
    return nodes;
  }

  #define(name: string, depth: number): void {
    const outer = { variables: this.#variables, rangeDepth: this.#rangeDepth };
    this.#variables = ['$'];
    this.#rangeDepth = 0;
    const nodes = this.#list(depth + 1);
    const end = this.#take();
    if (end === undefined || !isWord(end, 'end')) {
      throw templateError(`the template ${JSON.stringify(name)} has no {{end}}`);
    }
    this.#variables = outer.variables;
    this.#rangeDepth = outer.rangeDepth;
    // Of two that have a name, an empty one does not count, as in Go.
    const isEmpty = nodes.every((node) => node.kind === 'text' && node.text.trim() === '');
    if (!isEmpty || !this.#defined.has(name)) this.#defined.set(name, nodes);
  }

  #pipeline(tokens: readonly Token[], context: string): Pipeline {
    return new PipelineParser(tokens, this.#variables, context).parse();
  }

  /** The tokens of the action here, which is passed. */
  #take(): readonly Token[] | undefined {
    const piece = this.#pieces[this.#at];
    if (piece === undefined || !('tokens' in piece)) return undefined;
    this.#at++;
    return piece.tokens;
  }

  #word(): string | undefined {
    const piece = this.#pieces[this.#at];
    return piece !== undefined && 'tokens' in piece ? piece.tokens[0]?.text : undefined;
  }
}

function isWord(tokens: readonly Token[], word: string): boolean {
  return tokens[0]?.kind === 'word' && tokens[0].text === word;
}

function nameOf(tokens: readonly Token[], action: string): { name: string; rest: readonly Token[] } {
  const name = tokens[1];
  if (name?.kind !== 'text') throw templateError(`{{${action}}} needs a name in quotes`);
  return { name: name.text, rest: tokens.slice(2) };
}
