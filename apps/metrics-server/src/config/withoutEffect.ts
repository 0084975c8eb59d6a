import type { ConfigFile } from './configSchema.ts';

/** Keys that a configuration has and that do nothing here, with the reason, for the log. */
export function keysWithoutEffect(config: ConfigFile): string[] {
  const { remote_write: writes = [], alerting } = config;
  const found: readonly (readonly [string, boolean, string])[] = [
    ['alerting', (alerting?.alertmanagers?.length ?? 0) > 0, 'alerts are evaluated and shown, not yet sent'],
    ['runtime.gogc', config.runtime?.gogc !== undefined, 'this program is not written in Go'],
    [
      'storage.tsdb.stale_series_compaction_threshold',
      config.storage?.tsdb?.stale_series_compaction_threshold !== undefined,
      'the store lets go of stale series by itself',
    ],
    [
      'storage.tsdb.chunk_encoding',
      config.storage?.tsdb?.chunk_encoding !== undefined,
      'the store has an encoding of its own',
    ],
    [
      'remote_write.queue_config.capacity and min_shards',
      writes.some(
        ({ queue_config: queue }) => queue?.capacity !== undefined || queue?.min_shards !== undefined,
      ),
      'samples wait in the store, not in a queue',
    ],
  ];
  return found.filter(([, isSet]) => isSet).map(([key, , reason]) => `${key} has no effect: ${reason}`);
}
