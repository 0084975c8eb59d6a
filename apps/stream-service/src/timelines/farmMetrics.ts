import type { FarmStats } from '@binnacle/timeline';
import { Counter, type Registry } from 'prom-client';

/** Roshi's names for the figures that Roshi has too, after its `--prometheus.namespace`. */
const ROSHI_NAMES: Readonly<Partial<Record<keyof FarmStats, string>>> = {
  insertRecords: 'insert_record_count',
  deleteRecords: 'delete_record_count',
  quorumFailures: 'insert_quorum_failure_count',
  selectKeys: 'select_keys_count',
  selectSends: 'select_send_to_count',
  selectPartialErrors: 'select_partial_error_count',
  selectSendAllPermitGranted: 'select_send_all_permit_granted_count',
  selectSendAllPermitRejected: 'select_send_all_permit_rejected_count',
  selectSendAllPromotions: 'select_send_all_promotion_count',
  divergentKeys: 'select_repair_needed_count',
  repairRequests: 'repair_request_count',
  repairDiscarded: 'repair_discarded_count',
  repairWriteSuccesses: 'repair_write_success_count',
  repairWriteFailures: 'repair_write_failure_count',
  walkedKeys: 'walk_keys_count',
};

/** Serves a farm's figures as `stream_farm_<name>_total`, and by Roshi's names when a namespace is given. */
export function exportFarmMetrics(
  registry: Registry,
  stats: Readonly<FarmStats>,
  roshiNamespace: string,
): void {
  for (const name of Object.keys(stats) as (keyof FarmStats)[]) {
    const words = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    const roshi = roshiNamespace === '' ? undefined : ROSHI_NAMES[name];
    const names = [
      `stream_farm_${words}_total`,
      ...(roshi === undefined ? [] : [`${roshiNamespace}_${roshi}`]),
    ];
    for (const metric of names) exportCount(registry, metric, words.replaceAll('_', ' '), () => stats[name]);
  }
}

function exportCount(registry: Registry, name: string, what: string, value: () => number): void {
  const counter = new Counter({
    name,
    help: `Farm of Redis clusters: ${what}.`,
    registers: [registry],
    collect: () => {
      counter.reset();
      counter.inc(value());
    },
  });
}
