import { METRIC_NAME, type Labels } from '@binnacle/model';
import { TsdbError } from '../errors.ts';

const MAX_LABELS = 256;

/** Throws TSDB_BAD_LABELS unless a label set has 1 to 256 labels with names and values in well-formed UTF-8. */
export function checkLabels(labels: Labels): void {
  const refuse = (detail: string): never => {
    throw new TsdbError('TSDB_BAD_LABELS', detail);
  };
  if (labels.size === 0 || labels.size > MAX_LABELS)
    refuse(`expected 1 to ${MAX_LABELS} labels, found ${labels.size}`);
  for (const [name, value] of labels) {
    if (name === '' || !name.isWellFormed())
      refuse(`expected a label name in UTF-8, found ${JSON.stringify(name)}`);
    if (!value.isWellFormed())
      refuse(`expected UTF-8 as the value of ${name}, found ${JSON.stringify(value)}`);
    if (name === METRIC_NAME && value === '') refuse('expected a metric name, found an empty one');
  }
}
