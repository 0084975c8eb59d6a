import { TextParser } from '@binnacle/exposition';
import { METRIC_NAME } from '@binnacle/model';
import { messageOf } from '../errors.ts';
import { wholeOption, type CommandContext } from './command.ts';
import { lintMetrics, type Family } from './lintMetrics.ts';

/** Metrics in the text format of the standard input: 0 fine, 1 not valid, 3 valid and could be better. */
export async function checkMetrics(context: CommandContext): Promise<number> {
  const bytes = await context.stdin();
  if (bytes.length === 0) {
    return refused(context, 'expected metrics in the text format, found nothing; give a file with < file');
  }
  if (bytes.includes(0)) {
    return refused(
      context,
      'expected metrics in the text format, found binary data; is it compressed or protobuf?',
    );
  }
  let families: Map<string, Family>;
  try {
    families = familiesOf(bytes);
  } catch (error) {
    return refused(context, `not valid: ${messageOf(error)}`);
  }
  const advice = lintMetrics(families);
  for (const line of advice) context.print(line);
  const series = [...families.values()].reduce((sum, family) => sum + family.series, 0);
  const cardinality = context.options.has('extended') ? largest(context, families, series) : undefined;
  context.print(`${families.size} metrics, ${series} series`, {
    ok: advice.length === 0,
    metrics: families.size,
    series,
    advice,
    ...(cardinality !== undefined && { cardinality }),
  });
  return advice.length === 0 ? 0 : 3;
}

function refused(context: CommandContext, error: string): number {
  context.print(error, { ok: false, error });
  return 1;
}

function familiesOf(bytes: Uint8Array): Map<string, Family> {
  const families = new Map<string, Family>();
  const family = (name: string): Family => {
    let found = families.get(name);
    if (found === undefined)
      families.set(name, (found = { type: undefined, hasHelp: false, series: 0, labels: new Set() }));
    return found;
  };
  const nothing = (): void => undefined;
  let count = 0;
  new TextParser().parse(bytes, false, {
    series: (labels) => {
      const of = family(familyOf(labels.get(METRIC_NAME), families));
      of.series++;
      for (const name of labels.names) of.labels.add(name);
      return count++;
    },
    metadata: (name, kind, text) => {
      if (kind === 'help') family(name).hasHelp ||= text !== '';
      if (kind === 'type') family(name).type = text;
    },
    sample: nothing,
    exemplar: nothing,
    histogram: nothing,
    created: nothing,
  });
  return families;
}

/** `x_bucket` belongs to the histogram `x`, `x_count` and `x_sum` to that or the summary. */
function familyOf(name: string, families: ReadonlyMap<string, Family>): string {
  const [, base, suffix] = /^(.+)_(bucket|count|sum)$/.exec(name) ?? [];
  const type = base === undefined ? undefined : families.get(base)?.type;
  if (type === 'histogram' || (type === 'summary' && suffix !== 'bucket')) return base!;
  return name;
}

function largest(context: CommandContext, families: ReadonlyMap<string, Family>, total: number) {
  const limit = wholeOption(context, 'limit', 20, 1);
  const rows = [...families]
    .map(([name, { series }]) => ({ name, series, share: series / total }))
    .sort((a, b) => b.series - a.series)
    .slice(0, limit);
  for (const { name, series, share } of rows) {
    context.print(`${String(series).padStart(8)}  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
  return rows;
}
