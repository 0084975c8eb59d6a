import { parseArgs } from 'node:util';
import { startKafka } from './broker.ts';
import { KAFKA_VERSIONS } from './distribution.ts';

const HELP = `npm run kafka -- [options]

Starts a real Apache Kafka (KRaft, one node) in a temporary folder until Ctrl-C.

  --kafka-version=${KAFKA_VERSIONS[0]}  which one, from Maven Central or Docker (KAFKA_HOME decides by itself)
  --port=9092            a free port when absent
  --folder=PATH          keep the data there instead of in a temporary folder
`;

try {
  const { values } = parseArgs({
    options: {
      'kafka-version': { type: 'string' },
      port: { type: 'string' },
      folder: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  console.log('starting Kafka; the first time its jars are fetched, which takes about 20 s');
  const broker = await startKafka({
    ...(values['kafka-version'] === undefined ? {} : { version: values['kafka-version'] }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  });
  console.log(`${broker.distribution.origin}\nbootstrap servers: ${broker.bootstrap}\nCtrl-C stops it`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void broker.stop().then(() => process.exit(0)));
  }
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
