import { parseArgs } from 'node:util';
import type { EventBus } from '../contract.ts';
import { HttpBus } from '../http/httpBus.ts';
import { KafkaBus } from '../kafka/kafkaBus.ts';

/** What `--help` prints. */
export const HELP = `binnacle-events COMMAND --group=NAME (--url=URL | --kafka=BROKERS [--topic=events])

  dead-letters   shows what the group could not handle, and changes nothing
  redrive        shows it, and has it delivered again

  --url=URL        stream-service, such as http://127.0.0.1:6302
  --kafka=BROKERS  host:port of some brokers, apart by commas
  --topic=TOPIC    the Kafka topic the events came from (events)
  --limit=N        letters at most (100)
`;

/** A command line that says too little or too much. */
export class CommandLineError extends Error {
  override readonly name = 'CommandLineError';
}

/** Runs a command line and hands over what it has to say. Throws CommandLineError, EventBusError. */
export async function runCommand(args: readonly string[], print: (line: string) => void): Promise<void> {
  const { command, group, limit, bus } = parse(args);
  try {
    const letters = bus.deadLetters(group);
    const preview = await letters.preview(limit);
    for (const { failedAt, origin, code, message, attempts, event } of preview.letters) {
      const what = event === undefined ? 'no event' : `${event.type} ${event.source} ${event.id}`;
      print(`${failedAt}  ${origin}  ${code} after ${attempts}: ${message}  (${what})`);
    }
    if (command === 'redrive' && preview.letters.length > 0) {
      print(`${await letters.redrive(preview.token)} delivered again to ${group}`);
    } else print(`${preview.letters.length} dead letters of ${group}`);
  } finally {
    await bus.close();
  }
}

interface Parsed {
  readonly command: string;
  readonly group: string;
  readonly limit: number;
  readonly bus: EventBus;
}

function parse(args: readonly string[]): Parsed {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      group: { type: 'string' },
      url: { type: 'string' },
      kafka: { type: 'string' },
      topic: { type: 'string', default: 'events' },
      limit: { type: 'string', default: '100' },
    },
  });
  const [command, ...others] = positionals;
  const { group, url, kafka, topic } = values;
  const limit = Number(values.limit);
  if ((command !== 'dead-letters' && command !== 'redrive') || others.length > 0) {
    throw new CommandLineError(
      `expected dead-letters or redrive, found ${positionals.join(' ') || 'nothing'}`,
    );
  }
  if (group === undefined) throw new CommandLineError('expected --group=NAME');
  if (!Number.isInteger(limit) || limit < 1 || limit > 1_000) {
    throw new CommandLineError(`expected --limit from 1 to 1000, found ${values.limit}`);
  }
  if ((url === undefined) === (kafka === undefined))
    throw new CommandLineError('expected either --url or --kafka');
  const bus = url === undefined ? new KafkaBus({ brokers: kafka!.split(','), topic }) : new HttpBus({ url });
  return { command, group, limit, bus };
}
