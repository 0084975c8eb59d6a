import { Labels } from '@binnacle/model';
import {
  argument,
  CommandUsageError,
  secondsOption,
  timeOption,
  type Command,
  type CommandContext,
} from './command.ts';
import { askServer, SERVER_OPTIONS, serverUrl } from './serverClient.ts';

interface Series {
  readonly metric: Record<string, string>;
  readonly value?: [number, string];
  readonly values?: [number, string][];
  readonly histogram?: [number, HistogramJson];
  readonly histograms?: [number, HistogramJson][];
}

interface HistogramJson {
  readonly count: string;
  readonly sum: string;
  readonly buckets?: readonly [rule: number, lower: string, upper: string, count: string][];
}

const SPAN_OPTIONS = {
  start: { value: '<time>', help: 'Unix seconds or RFC 3339.' },
  end: { value: '<time>', help: 'Unix seconds or RFC 3339.' },
};
const RANGE_SECONDS = 300;
const MAX_POINTS = 250;

/** Questions to a running server, this one or a Prometheus. */
export const queryCommands: readonly Command[] = [
  {
    name: 'query instant',
    usage: '<url> <expression>',
    help: 'Evaluates an expression at one time.',
    options: { time: { value: '<time>', help: 'Unix seconds or RFC 3339. Default now.' }, ...SERVER_OPTIONS },
    maxArgs: 2,
    run: (context) => {
      const time = timeOption(context, 'time');
      const at: Record<string, string> = time === undefined ? {} : { time: String(time) };
      return ask(
        context,
        '/query',
        () => ({ query: argument(context, 1, 'an expression'), ...at }),
        resultLines,
      );
    },
  },
  {
    name: 'query range',
    usage: '<url> <expression>',
    help: 'Evaluates an expression over a range of time, the last five minutes unless told otherwise.',
    options: {
      ...SPAN_OPTIONS,
      step: { value: '<duration>', help: `Default: ${MAX_POINTS} steps, at least one second each.` },
      ...SERVER_OPTIONS,
    },
    maxArgs: 2,
    run: (context) => ask(context, '/query_range', () => rangeParams(context), resultLines),
  },
  {
    name: 'query series',
    usage: '<url> <selector>…',
    help: 'Lists series.',
    options: {
      match: { value: '<selector>', help: 'One more selector.' },
      ...SPAN_OPTIONS,
      ...SERVER_OPTIONS,
    },
    run: (context) =>
      ask(
        context,
        '/series',
        () => {
          const selectors = [...context.args.slice(1), ...(context.options.get('match') ?? [])];
          if (selectors.length === 0)
            throw new CommandUsageError('expected a selector such as up{job="a"}, found nothing');
          return [...selectors.map((one): [string, string] => ['match[]', one]), ...spanParams(context)];
        },
        (data) => (data as Record<string, string>[]).map((labels) => Labels.from(labels).toString()),
      ),
  },
  {
    name: 'query labels',
    usage: '<url> <label>',
    help: 'Lists the values of a label.',
    options: {
      match: { value: '<selector>', help: 'Of these series only.' },
      ...SPAN_OPTIONS,
      ...SERVER_OPTIONS,
    },
    maxArgs: 2,
    run: (context) =>
      ask(
        context,
        () => `/label/${encodeURIComponent(argument(context, 1, 'the name of a label'))}/values`,
        () => [
          ...(context.options.get('match') ?? []).map((one): [string, string] => ['match[]', one]),
          ...spanParams(context),
        ],
        (data) => data as string[],
      ),
  },
];

async function ask(
  context: CommandContext,
  path: string | (() => string),
  params: () => Record<string, string> | [string, string][],
  lines: (data: unknown) => string[],
): Promise<number> {
  const server = serverUrl(argument(context, 0, "the server's URL"));
  const route = typeof path === 'string' ? path : path();
  const { data, warnings, infos } = await askServer(context, server, route, params());
  for (const line of lines(data)) context.print(line);
  for (const warning of warnings) context.print(`warning: ${warning}`);
  for (const info of infos) context.print(`info: ${info}`);
  context.print('', data);
  return 0;
}

function rangeParams(context: CommandContext): Record<string, string> {
  const end = timeOption(context, 'end') ?? Date.now() / 1000;
  const start = timeOption(context, 'start') ?? end - RANGE_SECONDS;
  if (end < start)
    throw new CommandUsageError(`--end: expected a time after --start (${start}), found ${end}`);
  const step = secondsOption(context, 'step', Math.max(1, Math.floor((end - start) / MAX_POINTS)));
  const query = argument(context, 1, 'an expression');
  return { query, start: String(start), end: String(end), step: String(step) };
}

function spanParams(context: CommandContext): [string, string][] {
  return (['start', 'end'] as const).flatMap((name): [string, string][] => {
    const time = timeOption(context, name);
    return time === undefined ? [] : [[name, String(time)]];
  });
}

function resultLines(data: unknown): string[] {
  const { resultType, result } = data as { resultType: string; result: Series[] | [number, string] };
  if (resultType === 'scalar' || resultType === 'string') {
    const [time, value] = result as [number, string];
    return [`${value} @[${time}]`];
  }
  return (result as Series[]).flatMap(({ metric, value, values, histogram, histograms }) => {
    const name = Labels.from(metric).toString();
    if (value !== undefined) return [`${name} => ${value[1]} @[${value[0]}]`];
    if (histogram !== undefined) return [`${name} => ${histogramLine(histogram[1])} @[${histogram[0]}]`];
    const points = [
      ...(values ?? []),
      ...(histograms ?? []).map(([time, one]): [number, string] => [time, histogramLine(one)]),
    ].sort(([a], [b]) => a - b);
    return [`${name} =>`, ...points.map(([time, text]) => `${text} @[${time}]`)];
  });
}

function histogramLine({ count, sum, buckets = [] }: HistogramJson): string {
  const shown = buckets.map(([rule, lower, upper, each]) => {
    const [open, close] = ['(]', '[)', '()', '[]'][rule] ?? '(]';
    return `${open}${lower},${upper}${close}:${each}`;
  });
  return `{${[`count:${count}`, `sum:${sum}`, ...shown].join(', ')}}`;
}
