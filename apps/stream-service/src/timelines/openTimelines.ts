import { join } from 'node:path';
import { flag, type Clock, type FlagValues } from '@binnacle/service-kit';
import { FarmStore, type ReadStrategy, type RepairStrategy } from '@binnacle/timeline';
import { GenerationalFarm } from './farmGenerations.ts';
import { GenerationalStore } from './generations.ts';

/** Flags of the timelines, with Roshi's names where Roshi has them. */
export const timelineFlags = {
  'redis.instances': flag.string({
    help: 'Farm of Redis clusters, as a:6379,b:6379;c:6379,d:6379. Empty: timelines are kept on disk.',
    default: '',
  }),
  'redis.connect.timeout': flag.duration({ help: 'For a connection to Redis.', default: '3s' }),
  'redis.read.timeout': flag.duration({ help: 'For an answer to a read of Redis.', default: '3s' }),
  'redis.write.timeout': flag.duration({ help: 'For an answer to a write to Redis.', default: '3s' }),
  'redis.hash': flag.enum({
    help: 'Which hash spreads keys over the instances of a cluster.',
    values: ['murmur3', 'fnv', 'fnva'] as const,
    default: 'murmur3',
  }),
  'redis.layout': flag.enum({
    help: 'Names of keys in Redis: hash-tag suits Redis Cluster, roshi reads and writes the data of Roshi.',
    values: ['hash-tag', 'roshi'] as const,
    default: 'hash-tag',
  }),
  'farm.write.quorum': flag.string({ help: 'Clusters that must confirm a write.', default: '51%' }),
  'farm.read.strategy': flag.enum({
    help: 'How many clusters a read asks and waits for.',
    values: ['SendAllReadAll', 'SendOneReadOne', 'SendAllReadFirstLinger', 'SendVarReadFirstLinger'] as const,
    default: 'SendAllReadAll',
  }),
  'farm.read.threshold.rate': flag.int({
    help: 'SendVarReadFirstLinger: keys a second that are asked of all clusters.',
    default: 2_000,
    min: 1,
  }),
  'farm.read.threshold.latency': flag.duration({
    help: 'SendVarReadFirstLinger: after this time all clusters are asked.',
    default: '50ms',
  }),
  'farm.repair.strategy': flag.enum({
    help: 'Whether differences that reads find are repaired.',
    values: ['RateLimitedRepairs', 'AllRepairs', 'NoRepairs'] as const,
    default: 'RateLimitedRepairs',
  }),
  'farm.repair.max.keys.per.second': flag.int({
    help: 'RateLimitedRepairs: members repaired in a second.',
    default: 1_000,
    min: 1,
  }),
  'farm.walk.interval': flag.duration({
    help: 'Pause between walks that compare and repair every key of the farm; 0s never walks.',
    default: '1h',
  }),
  'max.keys.per.second': flag.int({ help: 'Keys that a walk compares in a second.', default: 1_000, min: 1 }),
  'batch.size': flag.int({ help: 'Keys that a walk asks of an instance in one step.', default: 100, min: 1 }),
  'prometheus.namespace': flag.string({
    help: "Also serve figures by Roshi's names after this namespace, such as roshiserver.",
    default: '',
  }),
  'prometheus.max.summary.age': flag.duration({
    help: 'How far the summaries of --prometheus.namespace look back.',
    default: '10s',
  }),
  'timelines.retention.age': flag.duration({
    help: 'How long timelines that events make keep an entry, by its own time; 0s: as long as --max.size allows.',
    default: '0s',
  }),
  'max.size': flag.int({ help: 'Entries that a timeline keeps.', default: 10_000, min: 1, max: 1_000_000 }),
};

/** Opens the farm that the flags name, or the store in the folder. Throws TimelineError. */
export async function openTimelines(
  folder: string,
  flags: FlagValues<typeof timelineFlags>,
  clock: Clock,
): Promise<GenerationalStore | GenerationalFarm> {
  const capacity = flags['max.size'];
  if (flags['redis.instances'] === '') return GenerationalStore.open(join(folder, 'timelines'), capacity);
  const farm = await FarmStore.open({
    instances: flags['redis.instances'],
    capacity,
    hash: flags['redis.hash'],
    layout: flags['redis.layout'],
    writeQuorum: flags['farm.write.quorum'],
    readStrategy: readStrategy(flags),
    repairStrategy: repairStrategy(flags),
    connectTimeoutMs: flags['redis.connect.timeout'],
    readTimeoutMs: flags['redis.read.timeout'],
    writeTimeoutMs: flags['redis.write.timeout'],
  });
  try {
    return await GenerationalFarm.open(farm, clock);
  } catch (error) {
    await farm.close();
    throw error;
  }
}

function readStrategy(flags: FlagValues<typeof timelineFlags>): ReadStrategy {
  const kind = flags['farm.read.strategy'];
  if (kind !== 'SendVarReadFirstLinger') return { kind };
  return {
    kind,
    keysPerSecond: flags['farm.read.threshold.rate'],
    latencyMs: flags['farm.read.threshold.latency'],
  };
}

function repairStrategy(flags: FlagValues<typeof timelineFlags>): RepairStrategy {
  const kind = flags['farm.repair.strategy'];
  if (kind !== 'RateLimitedRepairs') return { kind };
  return { kind, membersPerSecond: flags['farm.repair.max.keys.per.second'] };
}
