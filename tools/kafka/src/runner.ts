import { spawnSync, type ChildProcess } from 'node:child_process';

export type Command = readonly [command: string, args: readonly string[]];

/** How a broker is started, ended and cleared away. */
export interface Runner {
  readonly first: Command;
  /** Starts it again on its data. */
  readonly again: Command;
  signal(child: ChildProcess, signal: NodeJS.Signals): void;
  /** Removes what an ended broker leaves outside its folder. */
  remove(): void;
}

/** Properties of a single KRaft node (https://kafka.apache.org/documentation/#kraft), with the delays of a test cluster. */
export function nodeProperties(node: {
  readonly data: string;
  readonly listen: string;
  readonly controller: string;
  readonly advertised: string;
  readonly partitions: number;
}): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@${node.controller}`,
    listeners: `PLAINTEXT://${node.listen},CONTROLLER://${node.controller}`,
    'advertised.listeners': `PLAINTEXT://${node.advertised}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': node.data,
    'num.partitions': String(node.partitions),
    'offsets.topic.num.partitions': '4',
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  };
}

/**
 * The image apache/kafka, in a container that keeps its data until it is removed. The image takes a property from a
 * variable, `num.partitions` from KAFKA_NUM_PARTITIONS; given any, it has no defaults for the others.
 */
export function dockerRunner(image: string, port: number, partitions: number): Runner {
  const name = `binnacle-kafka-${port}-${process.pid}`;
  const properties = nodeProperties({
    data: '/tmp/kafka-data',
    listen: '0.0.0.0:9092',
    controller: 'localhost:9093',
    advertised: `127.0.0.1:${port}`,
    partitions,
  });
  const variables = Object.entries(properties).flatMap(([property, value]) => [
    '-e',
    `KAFKA_${property.replaceAll('.', '_').toUpperCase()}=${value}`,
  ]);
  const docker = (...args: string[]): void => void spawnSync('docker', args, { stdio: 'ignore' });
  return {
    first: ['docker', ['run', '--name', name, '-p', `127.0.0.1:${port}:9092`, ...variables, image]],
    again: ['docker', ['start', '--attach', name]],
    signal: (_child, signal) => docker('kill', `--signal=${signal}`, name),
    remove: () => docker('rm', '--force', name),
  };
}
