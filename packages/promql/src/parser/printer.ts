import { formatDuration, METRIC_NAME, type Matcher } from '@binnacle/model';
import { formatG, quote } from '../text/goText.ts';
import type {
  Aggregation,
  BinaryExpr,
  DurationExpr,
  Expr,
  MatrixSelector,
  NumberLiteral,
  Subquery,
  TimeModifiers,
  VectorSelector,
} from './ast.ts';

const MAX_LINE = 100;
const INDENT = '  ';

/** A query on one line, in the form that Prometheus prints. */
export function print(expr: Expr): string {
  switch (expr.kind) {
    case 'number':
      return printNumber(expr);
    case 'string':
      return quote(expr.value);
    case 'vectorSelector':
      return (
        printSelector(expr) + (expr.extension === undefined ? '' : ` ${expr.extension}`) + printTime(expr)
      );
    case 'matrixSelector':
      return printMatrixSelector(expr);
    case 'subquery':
      return print(expr.expr) + subquerySuffix(expr);
    case 'aggregation': {
      const param = expr.param === undefined ? '' : `${print(expr.param)}, `;
      return `${aggregationHead(expr)}(${param}${print(expr.expr)})`;
    }
    case 'call':
      return `${expr.func.name}(${expr.args.map(print).join(', ')})`;
    case 'binary':
      return `${print(expr.left)} ${binaryHead(expr)} ${print(expr.right)}`;
    case 'unary':
      return expr.operator + print(expr.expr);
    case 'paren':
      return `(${print(expr.expr)})`;
  }
}

/** A query with line breaks: what does not fit 100 characters is split, level by level (`/api/v1/format_query`). */
export function prettyPrint(expr: Expr, level = 0): string {
  const pad = INDENT.repeat(level);
  const line = print(expr);
  if (line.length <= MAX_LINE) return pad + line;
  switch (expr.kind) {
    case 'aggregation': {
      const param = expr.param === undefined ? '' : `${prettyPrint(expr.param, level + 1)},\n`;
      return `${pad}${aggregationHead(expr)}(\n${param}${prettyPrint(expr.expr, level + 1)}\n${pad})`;
    }
    case 'call': {
      const args = expr.args.map((arg) => prettyPrint(arg, level + 1)).join(',\n');
      return `${pad}${expr.func.name}(\n${args}\n${pad})`;
    }
    case 'binary':
      return `${prettyPrint(expr.left, level + 1)}\n${pad}${binaryHead(expr)}\n${prettyPrint(expr.right, level + 1)}`;
    case 'paren':
      return `${pad}(\n${prettyPrint(expr.expr, level + 1)}\n${pad})`;
    case 'subquery':
      return prettyPrint(expr.expr, level) + subquerySuffix(expr);
    case 'unary':
      return pad + expr.operator + prettyPrint(expr.expr, level).trimStart();
    default:
      return pad + line;
  }
}

function printNumber(expr: NumberLiteral): string {
  if (!expr.asDuration) return formatG(expr.value);
  return printDurationMs(expr.value * 1000);
}

function printDurationMs(ms: number): string {
  return ms < 0 ? `-${formatDuration(-ms)}` : formatDuration(ms);
}

function printSelector(selector: VectorSelector): string {
  const matchers = selector.matchers
    .filter((matcher) => !isNameMatcher(matcher, selector.name))
    .map(printMatcher)
    .sort();
  return matchers.length === 0 ? selector.name : `${selector.name}{${matchers.join(',')}}`;
}

function isNameMatcher(matcher: Matcher, name: string): boolean {
  return matcher.name === METRIC_NAME && matcher.type === '=' && matcher.value === name && name !== '';
}

function printMatcher(matcher: Matcher): string {
  return `${labelName(matcher.name)}${matcher.type}${quote(matcher.value)}`;
}

function printMatrixSelector(expr: MatrixSelector): string {
  const { selector } = expr;
  const range = printRange(expr.rangeMs, expr.rangeExpr);
  const extension = selector.extension === undefined ? '' : ` ${selector.extension}`;
  return `${printSelector(selector)}[${range}]${extension}${printTime(selector)}`;
}

function subquerySuffix(expr: Subquery): string {
  const range = printRange(expr.rangeMs, expr.rangeExpr);
  const step = expr.stepMs === 0 && expr.stepExpr === undefined ? '' : printRange(expr.stepMs, expr.stepExpr);
  return `[${range}:${step}]${printTime(expr)}`;
}

function printRange(ms: number, expr: DurationExpr | undefined): string {
  return expr === undefined ? formatDuration(ms) : printDurationExpr(expr);
}

function printTime(node: TimeModifiers): string {
  let text = '';
  if (node.atMs !== undefined) text += ` @ ${(node.atMs / 1000).toFixed(3)}`;
  else if (node.atPreprocessor !== undefined) text += ` @ ${node.atPreprocessor}()`;
  if (node.offsetExpr !== undefined) text += ` offset ${printDurationExpr(node.offsetExpr)}`;
  else if (node.offsetMs !== 0) text += ` offset ${printDurationMs(node.offsetMs)}`;
  return text;
}

function printDurationExpr(expr: DurationExpr): string {
  switch (expr.kind) {
    case 'number':
      return expr.asDuration ? printDurationMs(expr.value * 1000) : formatG(expr.value);
    case 'step':
    case 'range':
      return `${expr.kind}()`;
    case 'unary':
      return expr.operator + printDurationExpr(expr.expr);
    case 'binary':
      return `${printDurationExpr(expr.left)} ${expr.operator} ${printDurationExpr(expr.right)}`;
    case 'paren':
      return `(${printDurationExpr(expr.expr)})`;
    default:
      return `${expr.kind}(${printDurationExpr(expr.left)}, ${printDurationExpr(expr.right)})`;
  }
}

function aggregationHead(expr: Aggregation): string {
  const labels = expr.grouping.map(labelName).join(', ');
  if (expr.without) return `${expr.operator} without (${labels}) `;
  return expr.grouping.length > 0 ? `${expr.operator} by (${labels}) ` : expr.operator;
}

function binaryHead(expr: BinaryExpr): string {
  let text: string = expr.operator;
  if (expr.returnBool) text += ' bool';
  const { matching } = expr;
  if (matching === undefined) return text;
  if (matching.labels.length > 0 || matching.on) {
    text += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.map(labelName).join(', ')})`;
    if (matching.cardinality === 'many-to-one' || matching.cardinality === 'one-to-many') {
      const side = matching.cardinality === 'many-to-one' ? 'left' : 'right';
      text += ` group_${side} (${matching.include.map(labelName).join(', ')})`;
    }
  }
  const { fillLeft, fillRight } = matching;
  if (fillLeft !== undefined && Object.is(fillLeft, fillRight)) return `${text} fill (${formatG(fillLeft)})`;
  if (fillLeft !== undefined) text += ` fill_left (${formatG(fillLeft)})`;
  if (fillRight !== undefined) text += ` fill_right (${formatG(fillRight)})`;
  return text;
}

function labelName(name: string): string {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quote(name);
}
