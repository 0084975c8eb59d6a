import type { Payload } from '../payload/payload.ts';
import type { Delivery } from './serviceState.ts';

/** Where and when a payload was read, and what is known of its target beside it. */
export interface DeliverySource {
  readonly service: string;
  /** Stands for the target where the payload has no target_uuid. */
  readonly url: string;
  readonly instance: string;
  /** Target labels to keep on exceptions; `instance` and `version` of them have their own places. */
  readonly labels: Readonly<Record<string, string>>;
  readonly startedMs: number;
  readonly receivedMs: number;
  readonly via: Delivery['via'];
}

/** Joins a payload with its source. What the operator's labels say of a target stands above what it says of itself. */
export function deliveryOf(payload: Payload, source: DeliverySource): Delivery {
  const { instance: labelInstance, version: labelVersion, ...labels } = source.labels;
  return {
    service: source.service,
    identity: payload.targetUuid || source.url,
    targetUuid: payload.targetUuid,
    url: source.url,
    instance: labelInstance || payload.instance || source.instance,
    version: labelVersion || payload.version,
    labels: { ...payload.labels, ...labels },
    aggregates: payload.aggregates,
    overflowCount: payload.overflowCount,
    startedMs: source.startedMs,
    receivedMs: source.receivedMs,
    via: source.via,
  };
}
