import { templateError } from './templateError.ts';

/** A piece of an action. `isApart` says that white space stands before it. */
export interface Token {
  readonly kind: 'word' | 'variable' | 'field' | 'dot' | 'number' | 'text' | 'mark' | 'end';
  /** As it was written; of a text, what it stands for. */
  readonly text: string;
  readonly isApart: boolean;
}

/** Texts and actions of a template in turn. */
export type Piece = { readonly text: string } | { readonly tokens: readonly Token[] };

const TOKENS =
  /(\s*)(?:("(?:[^"\\\n]|\\.)*")|`([^`]*)`|('(?:[^'\\\n]|\\.)+')|(\$\w*)|(\.[A-Za-z_]\w*)|([+-]?\.?\d(?:[\w.]|(?<=[eEpP])[+-])*)|([\p{L}_][\p{L}\d_]*)|(\.)|(:=|[|()=,]))/uy;
const COMMENT = /\s*\/\*[\s\S]*?\*\/\s*/y;
const END = /(\s*)(?:(?<=\s)-)?\}\}/y;

/**
 * Takes a template of Go's text/template apart into texts and the tokens of its actions; comments are left out, and what
 * trim markers ask for is done. Throws METRICS_TEMPLATE.
 */
export function piecesOf(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trimsStart = false;
  for (;;) {
    const open = template.indexOf('{{', at);
    let text = open < 0 ? template.slice(at) : template.slice(at, open);
    if (trimsStart) text = text.replace(/^[ \t\r\n]+/, '');
    if (open < 0) {
      if (text !== '') pieces.push({ text });
      return pieces;
    }
    const trimsEnd = /^-\s/.test(template.slice(open + 2, open + 4));
    if (trimsEnd) text = text.replace(/[ \t\r\n]+$/, '');
    if (text !== '') pieces.push({ text });
    const { tokens, to } = actionAt(template, open + (trimsEnd ? 3 : 2));
    if (tokens !== undefined) pieces.push({ tokens });
    trimsStart = template.slice(0, to).endsWith('-}}');
    at = to;
  }
}

/** The tokens of an action up to its `}}`; undefined for a comment. */
function actionAt(template: string, from: number): { tokens: Token[] | undefined; to: number } {
  let at = from;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(template);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  if (match(COMMENT) !== null) {
    if (match(END) === null) throw templateError('a comment ends before the closing delimiter');
    return { tokens: undefined, to: at };
  }
  const tokens: Token[] = [];
  for (;;) {
    const end = match(END);
    if (end !== null) {
      tokens.push({ kind: 'end', text: '}}', isApart: end[1] !== '' });
      return { tokens, to: at };
    }
    const found = match(TOKENS);
    if (found === null) throw unreadable(template.slice(at));
    tokens.push(tokenOf(found));
  }
}

function tokenOf(found: RegExpExecArray): Token {
  const [, space = '', quoted, raw, rune, variable, field, number, word, dot, mark] = found;
  const isApart = space !== '';
  if (quoted !== undefined) return { kind: 'text', text: unquote(quoted), isApart };
  if (raw !== undefined) return { kind: 'text', text: raw, isApart };
  if (rune !== undefined) {
    return { kind: 'number', text: String(unquote(rune).codePointAt(0) ?? 0), isApart };
  }
  if (variable !== undefined) return { kind: 'variable', text: variable, isApart };
  if (field !== undefined) return { kind: 'field', text: field.slice(1), isApart };
  if (number !== undefined) return { kind: 'number', text: number, isApart };
  if (word !== undefined) return { kind: 'word', text: word, isApart };
  if (dot !== undefined) return { kind: 'dot', text: '.', isApart };
  return { kind: 'mark', text: mark!, isApart };
}

function unreadable(rest: string): Error {
  const text = rest.trimStart();
  if (text === '') return templateError('an action that begins with {{ has no end');
  if (/^["`']/.test(text)) return templateError('a quoted text has no end');
  return templateError(`unexpected ${JSON.stringify(text[0])} in an action`);
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What a text in quotes stands for, by Go's escapes. */
function unquote(quoted: string): string {
  const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g;
  return quoted.slice(1, -1).replaceAll(escape, (all, ...groups: (string | undefined)[]) => {
    const [byte, short, long, octal, plain] = groups;
    const hex = byte ?? short ?? long;
    if (hex !== undefined) return String.fromCodePoint(parseInt(hex, 16));
    if (octal !== undefined) return String.fromCodePoint(parseInt(octal, 8));
    if (/["'\\]/.test(plain!)) return plain!;
    const known = ESCAPES[plain!];
    if (known === undefined) throw templateError(`${quoted} has ${all}, which is no escape of Go`);
    return known;
  });
}
