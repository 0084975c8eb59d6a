import { Labels } from '@binnacle/model';
import { argument, type Command, type CommandContext } from './command.ts';

interface Envelope {
  readonly status: string;
  readonly data: unknown;
  readonly error?: string;
  readonly warnings?: readonly string[];
}

interface Series {
  readonly metric: Record<string, string>;
  readonly value?: [number, string];
  readonly values?: [number, string][];
}

/** Questions to a running server, this one or a Prometheus. */
export const queryCommands: readonly Command[] = [
  {
    name: 'query instant',
    usage: '<url> <expression> [--time=…]',
    help: 'Evaluates an expression at one time.',
    run: (context) =>
      ask(
        context,
        '/query',
        { query: argument(context, 1, 'an expression'), ...timeOf(context) },
        printResult,
      ),
  },
  {
    name: 'query range',
    usage: '<url> <expression> [--start=… --end=… --step=…]',
    help: 'Evaluates an expression over a range of time, the last five minutes unless told otherwise.',
    run: (context) => {
      const now = Date.now() / 1000;
      const params = {
        query: argument(context, 1, 'an expression'),
        start: context.options.get('start') ?? String(now - 300),
        end: context.options.get('end') ?? String(now),
        step: context.options.get('step') ?? '15',
      };
      return ask(context, '/query_range', params, printResult);
    },
  },
  {
    name: 'query series',
    usage: '<url> <selector>…',
    help: 'Lists series.',
    run: (context) => {
      argument(context, 1, 'a selector');
      const selectors = context.args.slice(1).map((selector): [string, string] => ['match[]', selector]);
      return ask(context, '/series', selectors, (data) =>
        (data as Record<string, string>[]).map((labels) => Labels.from(labels).toString()),
      );
    },
  },
  {
    name: 'query labels',
    usage: '<url> <label>',
    help: 'Lists the values of a label.',
    run: (context) => {
      const label = argument(context, 1, 'the name of a label');
      return ask(context, `/label/${encodeURIComponent(label)}/values`, {}, (data) => data as string[]);
    },
  },
];

async function ask(
  context: CommandContext,
  path: string,
  params: Record<string, string> | [string, string][],
  lines: (data: unknown) => string[],
): Promise<number> {
  const base = argument(context, 0, "the server's URL").replace(/\/+$/, '');
  const answer = await fetch(`${base}/api/v1${path}?${new URLSearchParams(params)}`);
  const envelope = (await answer.json()) as Envelope;
  if (envelope.status !== 'success') {
    context.print(`error: ${envelope.error}`, envelope);
    return 1;
  }
  for (const warning of envelope.warnings ?? []) context.print(`warning: ${warning}`);
  for (const line of lines(envelope.data)) context.print(line);
  context.print('', envelope.data);
  return 0;
}

function timeOf({ options }: CommandContext): Record<string, string> {
  const time = options.get('time');
  return time === undefined ? {} : { time };
}

function printResult(data: unknown): string[] {
  const { resultType, result } = data as { resultType: string; result: Series[] | [number, string] };
  if (resultType === 'scalar' || resultType === 'string') {
    const [time, value] = result as [number, string];
    return [`${value} @[${time}]`];
  }
  return (result as Series[]).flatMap(({ metric, value, values }) => {
    const name = Labels.from(metric).toString();
    if (value !== undefined) return [`${name} => ${value[1]} @[${value[0]}]`];
    return [`${name} =>`, ...(values ?? []).map(([time, text]) => `${text} @[${time}]`)];
  });
}
