import { METRIC_NAME, type Labels } from '@binnacle/model';
import type { ScrapeConfig } from '../config/serverConfig.ts';
import { MetricsServerError } from '../errors.ts';

/** Throws METRICS_SCRAPE_LIMIT for labels that a scrape's limits do not allow. */
export function checkLabels(labels: Labels, config: ScrapeConfig): void {
  const { labelLimit, labelNameLengthLimit, labelValueLengthLimit, nameValidation } = config;
  if (labelLimit > 0 && labels.size > labelLimit) {
    throw limitExceeded(
      `label_limit exceeded (metric: ${labels.toString()}, number of labels: ${labels.size}, limit: ${labelLimit})`,
    );
  }
  if (nameValidation === 'legacy' && !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(labels.get(METRIC_NAME))) {
    throw limitExceeded(`metric name is not of the legacy character set: ${labels.toString()}`);
  }
  if (labelNameLengthLimit === 0 && labelValueLengthLimit === 0) return;
  for (const [name, value] of labels) {
    if (labelNameLengthLimit > 0 && Buffer.byteLength(name) > labelNameLengthLimit) {
      throw limitExceeded(
        `label_name_length_limit exceeded (label: ${name}, limit: ${labelNameLengthLimit})`,
      );
    }
    if (labelValueLengthLimit > 0 && Buffer.byteLength(value) > labelValueLengthLimit) {
      throw limitExceeded(
        `label_value_length_limit exceeded (label: ${name}, limit: ${labelValueLengthLimit})`,
      );
    }
  }
}

/** The error of a scrape that is over one of its limits. */
export function limitExceeded(message: string): MetricsServerError {
  return new MetricsServerError('METRICS_SCRAPE_LIMIT', message);
}
