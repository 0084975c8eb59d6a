import { MetricsServerError } from '../errors.ts';

/** A template, taken apart. */
export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly tokens: readonly string[] }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly tokens: readonly string[];
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

const ACTION = /\{\{(-(?=\s))?((?:"(?:[^"\\]|\\.)*"|`[^`]*`|\/\*[\s\S]*?\*\/|[^"`])*?)((?<=\s)-)?\}\}/g;
const TOKEN = /"(?:[^"\\]|\\.)*"|`[^`]*`|:=|\||\((?!\))|\)(?:\.\w+)*|,|[^\s|(),]+/g;
const MAX_DEPTH = 50;

interface Piece {
  readonly text?: string;
  readonly tokens?: readonly string[];
}

/**
 * Takes a template of Go's text/template apart: actions, `if`, `with` and `range` with `else` and `else if`, comments
 * and trim markers. Throws METRICS_TEMPLATE.
 */
export function parseTemplate(text: string): readonly TemplateNode[] {
  const pieces = piecesOf(text);
  const nodes = parseList(pieces, 0);
  const rest = pieces[0]?.tokens;
  if (rest !== undefined) throw bad(`unexpected {{${rest.join(' ')}}}`);
  return nodes;
}

/** Texts and actions in turn; what trim markers ask for is done. */
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trims = false;
  const addText = (to: number, trimsEnd: boolean): void => {
    let part = text.slice(at, to);
    if (trims) part = part.trimStart();
    if (trimsEnd) part = part.trimEnd();
    if (part !== '') pieces.push({ text: part });
  };
  for (const match of text.matchAll(ACTION)) {
    const [all, trimsBefore, action, trimsAfter] = match;
    addText(match.index, trimsBefore !== undefined);
    at = match.index + all.length;
    trims = trimsAfter !== undefined;
    if (!action!.trimStart().startsWith('/*')) pieces.push({ tokens: action!.match(TOKEN) ?? [] });
  }
  if (text.includes('{{', at)) throw bad('an action that begins with {{ has no end');
  addText(text.length, false);
  return pieces;
}

/** Takes pieces off the front, up to an `end` or `else` that is not of this list. */
function parseList(pieces: Piece[], depth: number): TemplateNode[] {
  if (depth > MAX_DEPTH) throw bad(`more than ${MAX_DEPTH} levels`);
  const nodes: TemplateNode[] = [];
  for (;;) {
    const piece = pieces[0];
    if (piece === undefined) return nodes;
    const { text, tokens } = piece;
    if (text !== undefined) nodes.push({ kind: 'text', text });
    else {
      const [head, ...rest] = tokens!;
      if (head === 'end' || head === 'else') return nodes;
      if (head === 'if' || head === 'with' || head === 'range') {
        pieces.shift();
        nodes.push(parseBlock(head, rest, pieces, depth));
        continue;
      }
      nodes.push({ kind: 'action', tokens: tokens! });
    }
    pieces.shift();
  }
}

function parseBlock(
  kind: 'if' | 'with' | 'range',
  tokens: readonly string[],
  pieces: Piece[],
  depth: number,
): TemplateNode {
  const body = parseList(pieces, depth + 1);
  const [head, next, ...rest] = pieces.shift()?.tokens ?? [];
  if (head === undefined) throw bad(`{{${kind}}} has no {{end}}`);
  if (head === 'end') return { kind, tokens, body, otherwise: [] };
  if (next === 'if' || next === 'with') {
    return { kind, tokens, body, otherwise: [parseBlock(next, rest, pieces, depth + 1)] };
  }
  const otherwise = parseList(pieces, depth + 1);
  if (pieces.shift()?.tokens?.[0] !== 'end') throw bad(`the {{else}} of {{${kind}}} has no {{end}}`);
  return { kind, tokens, body, otherwise };
}

function bad(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_TEMPLATE', message);
}
