import { createHash } from 'node:crypto';
import type { HttpClientConfig } from '@binnacle/service-discovery';
import type { RemoteReadSection } from '../config/configSchema.ts';
import { MetricsServerError } from '../errors.ts';

/** One `remote_read` section with every default in place. */
export interface RemoteReadConfig {
  readonly name: string;
  readonly url: string;
  readonly timeoutMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Only selectors that ask for exactly these labels are read remotely. */
  readonly requiredMatchers: Readonly<Record<string, string>>;
  /** True: also for times that the store here has. */
  readonly readRecent: boolean;
  /** True: external labels are asked for, and taken off what comes back. */
  readonly filterExternalLabels: boolean;
  readonly http: HttpClientConfig;
}

/** Fills in Prometheus's defaults. Throws METRICS_BAD_CONFIG. */
export function remoteReadConfigOf(section: RemoteReadSection): RemoteReadConfig {
  if (!URL.canParse(section.url)) {
    const message = `remote_read.url: expected a URL, found ${JSON.stringify(section.url)}`;
    throw new MetricsServerError('METRICS_BAD_CONFIG', message);
  }
  return {
    name: section.name ?? createHash('sha256').update(section.url).digest('hex').slice(0, 6),
    url: section.url,
    timeoutMs: section.remote_timeout ?? 60_000,
    headers: section.headers ?? {},
    requiredMatchers: section.required_matchers ?? {},
    readRecent: section.read_recent ?? false,
    filterExternalLabels: section.filter_external_labels ?? true,
    http: section,
  };
}
