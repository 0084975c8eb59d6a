export { findKafka, KAFKA_VERSIONS, type KafkaDistribution } from './distribution.ts';
export { startKafka, type KafkaBroker, type KafkaOptions } from './broker.ts';
