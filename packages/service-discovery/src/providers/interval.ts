import { parseDuration } from '@binnacle/model';
import { DiscoveryError } from '../errors.ts';

/** Milliseconds of a `refresh_interval`. Throws DiscoveryError with SD_BAD_CONFIG for none and for zero. */
export function refreshIntervalMs(text: string | undefined, byDefault: string): number {
  const intervalMs = parseDuration(text ?? byDefault);
  if (intervalMs > 0) return intervalMs;
  throw new DiscoveryError('SD_BAD_CONFIG', `expected a refresh_interval above 0, found ${text}`);
}
