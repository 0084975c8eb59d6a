import {
  isSetOperator,
  typeOf,
  type BinaryOperator,
  type Cardinality,
  type Expr,
  type VectorMatching,
} from './ast.ts';
import type { LanguageFeatures } from './features.ts';
import { numberValue } from './numbers.ts';
import { parseGroupingLabels } from './groupingParser.ts';
import type { TokenStream } from './tokenStream.ts';

/** What stands between a binary operator and its right side, before types are known. */
export interface RawMatching {
  readonly returnBool: boolean;
  readonly cardinality: Cardinality;
  readonly labels: readonly string[];
  readonly on: boolean;
  readonly include: readonly string[];
  readonly fillLeft: number | undefined;
  readonly fillRight: number | undefined;
  /** The matching for operands of these types: none unless both are vectors, many-to-many for set operators. */
  forTypes(operator: BinaryOperator, left: Expr, right: Expr): VectorMatching | undefined;
}

/** Reads `bool`, `on`, `ignoring`, `group_left`, `group_right` and the fill modifiers. */
export function parseMatching(tokens: TokenStream, features: LanguageFeatures): RawMatching {
  const returnBool = tokens.acceptWord('bool') !== undefined;
  let cardinality: Cardinality = 'one-to-one';
  let labels: readonly string[] = [];
  let include: readonly string[] = [];
  let on = false;
  const kind = tokens.acceptWord('on', 'ignoring');
  if (kind !== undefined) {
    on = kind.text.toLowerCase() === 'on';
    labels = parseGroupingLabels(tokens);
    const group = tokens.acceptWord('group_left', 'group_right');
    if (group !== undefined) {
      cardinality = group.text.toLowerCase() === 'group_left' ? 'many-to-one' : 'one-to-many';
      if (tokens.isSymbol('(')) include = parseGroupingLabels(tokens);
    }
  }
  const fill = parseFill(tokens, features);
  return {
    returnBool,
    cardinality,
    labels,
    on,
    include,
    ...fill,
    forTypes(operator, left, right) {
      if (typeOf(left) !== 'vector' || typeOf(right) !== 'vector') return undefined;
      const setOperator = isSetOperator(operator) && cardinality === 'one-to-one';
      return { cardinality: setOperator ? 'many-to-many' : cardinality, labels, on, include, ...fill };
    },
  };
}

function parseFill(
  tokens: TokenStream,
  features: LanguageFeatures,
): { readonly fillLeft: number | undefined; readonly fillRight: number | undefined } {
  let fillLeft: number | undefined;
  let fillRight: number | undefined;
  for (;;) {
    const word = tokens.word();
    const isFill = word === 'fill' || word === 'fill_left' || word === 'fill_right';
    if (!isFill || !tokens.isSymbol('(', 1)) return { fillLeft, fillRight };
    const token = tokens.next();
    if (!features.fillModifiers) {
      tokens.fail(token, 'binop fill modifiers are experimental and not enabled');
    }
    if (word !== 'fill_right' && fillLeft !== undefined) tokens.unexpected();
    if (word !== 'fill_left' && fillRight !== undefined) tokens.unexpected();
    const value = parseFillValue(tokens);
    if (word !== 'fill_right') fillLeft = value;
    if (word !== 'fill_left') fillRight = value;
  }
}

function parseFillValue(tokens: TokenStream): number {
  tokens.next();
  const sign = tokens.acceptSymbol('-') ?? tokens.acceptSymbol('+');
  const token = tokens.peek();
  if (token.type !== 'number' && token.type !== 'duration') tokens.unexpected('fill value', 'number');
  tokens.next();
  const value = numberValue(token) ?? NaN;
  tokens.expectSymbol(')', 'fill value', '")"');
  return sign?.text === '-' ? -value : value;
}
