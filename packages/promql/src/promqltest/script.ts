import { parseDuration } from '@binnacle/model';
import { unquote } from '../text/unquote.ts';
import { number, parseSeriesLine, parseStartTimes, type SeriesLine } from './seriesLine.ts';

/** One command of a test script. */
export type Command = LoadCommand | EvalCommand | { readonly kind: 'clear'; readonly line: number };

export interface LoadCommand {
  readonly kind: 'load';
  readonly line: number;
  readonly stepMs: number;
  /** Classic histograms are to be loaded as native ones with custom buckets, too. */
  readonly withCustomBuckets: boolean;
  readonly series: readonly SeriesLine[];
  readonly startTimes: readonly ReturnType<typeof parseStartTimes>[];
}

/** What a message must be. */
export interface Expectation {
  readonly kind: 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';
  readonly message: string | undefined;
  readonly pattern: RegExp | undefined;
}

export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 for an instant query. */
  readonly stepMs: number;
  readonly expectations: readonly Expectation[];
  readonly series: readonly SeriesLine[];
  readonly scalar: number | undefined;
  readonly string: string | undefined;
  /** The result is a range vector with samples at these times. */
  readonly rangeVector:
    { readonly startMs: number; readonly endMs: number; readonly stepMs: number } | undefined;
}

/** Reads a script in Prometheus's test language. Throws SyntaxError with the line. */
export function parseScript(text: string): Command[] {
  const lines = text.split('\n');
  const commands: Command[] = [];
  for (let i = 0; i < lines.length;) {
    const line = lines[i]!.trim();
    if (line === '' || line.startsWith('#')) {
      i++;
      continue;
    }
    let end = i + 1;
    while (end < lines.length && isPart(lines[end]!)) end++;
    try {
      commands.push(parseCommand(line, lines.slice(i + 1, end), i + 1));
      i = line === 'clear' ? i + 1 : end;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new SyntaxError(`line ${i + 1}: ${error.message}`, { cause: error });
    }
  }
  return commands;
}

/** A block ends at a blank line or a comment. */
function isPart(line: string): boolean {
  const text = line.trim();
  return text !== '' && !text.startsWith('#');
}

function parseCommand(line: string, block: readonly string[], lineNumber: number): Command {
  if (line === 'clear') return { kind: 'clear', line: lineNumber };
  if (line.startsWith('load')) return parseLoad(line, block, lineNumber);
  if (line.startsWith('eval')) return parseEval(line, block, lineNumber);
  throw new SyntaxError(`expected load, clear or eval, found ${JSON.stringify(line)}`);
}

function parseLoad(line: string, block: readonly string[], lineNumber: number): LoadCommand {
  const match = /^load(_with_nhcb)?\s+(\S+)$/.exec(line);
  if (match === null) throw new SyntaxError(`expected "load <step>", found ${JSON.stringify(line)}`);
  const lines = block.map((part) => part.trim());
  const isStart = (text: string): boolean => /^[^"]*?(?:\{.*?\})?\s*@st\s/.test(text);
  return {
    kind: 'load',
    line: lineNumber,
    stepMs: parseDuration(match[2]!),
    withCustomBuckets: match[1] !== undefined,
    series: lines.filter((text) => !isStart(text)).map(parseSeriesLine),
    startTimes: lines.filter(isStart).map((text) => parseStartTimes(text.replace(/@st(?=\s)/, ' '))),
  };
}

const INSTANT = /^eval(?:_(fail|warn|info|ordered))?\s+instant\s+(?:at\s+(\S+)\s+)?(.*)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.*)$/;

function parseEval(line: string, block: readonly string[], lineNumber: number): EvalCommand {
  const instant = INSTANT.exec(line);
  const range = RANGE.exec(line);
  if (instant === null && range === null) {
    throw new SyntaxError(`expected "eval instant at" or "eval range from", found ${JSON.stringify(line)}`);
  }
  const startMs = instant === null ? timeMs(range![2]!) : timeMs(instant[2] ?? '0');
  const expected = parseExpectations(block);
  const flag = instant?.[1] ?? range?.[1];
  if (flag !== undefined) {
    expected.expectations.push({
      kind: flag as Expectation['kind'],
      message: undefined,
      pattern: undefined,
    });
  }
  return {
    kind: 'eval',
    line: lineNumber,
    query: instant === null ? range![5]! : instant[3]!,
    startMs,
    endMs: instant === null ? timeMs(range![3]!) : startMs,
    stepMs: instant === null ? timeMs(range![4]!) : 0,
    ...expected,
  };
}

function timeMs(text: string): number {
  return Math.round(number(text) * 1000);
}

interface Expected {
  readonly expectations: Expectation[];
  readonly series: SeriesLine[];
  scalar: number | undefined;
  string: string | undefined;
  rangeVector: EvalCommand['rangeVector'];
}

function parseExpectations(block: readonly string[]): Expected {
  const out: Expected = {
    expectations: [],
    series: [],
    scalar: undefined,
    string: undefined,
    rangeVector: undefined,
  };
  for (const part of block) {
    const text = part.trim();
    const expect = /^expect\s+(fail|warn|info|no_warn|no_info|ordered)(?:\s+(msg|regex):\s*(.*))?$/.exec(
      text,
    );
    const range = /^expect\s+range\s+vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(text);
    const string = /^expect\s+string\s+(".*"|'.*'|`.*`)$/.exec(text);
    if (expect !== null) {
      const message = expect[2] === 'msg' ? expect[3]!.trim() : undefined;
      const pattern = expect[2] === 'regex' ? new RegExp(expect[3]!.trim()) : undefined;
      out.expectations.push({ kind: expect[1] as Expectation['kind'], message, pattern });
    } else if (range !== null) {
      const [startMs, endMs, stepMs] = [timeMs(range[1]!), timeMs(range[2]!), timeMs(range[3]!)];
      out.rangeVector = { startMs, endMs, stepMs };
    } else if (string !== null) out.string = unquote(string[1]!);
    else if (/^[+-]?(?:[0-9.]|inf$|nan$)/i.test(text)) out.scalar = number(text);
    else out.series.push(parseSeriesLine(text));
  }
  return out;
}
