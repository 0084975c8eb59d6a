import { Command } from 'ioredis';
import { bufferOf } from '../bytes.ts';
import type { Bytes } from '../contract.ts';

/**
 * Arguments as Redis's protocol has them on the wire (https://redis.io/docs/latest/develop/reference/protocol-spec/).
 * Bytes have one UTF-16 unit each, so texts of several requests are joined before anything becomes a buffer.
 */
export interface Arguments {
  /** The first of the names. */
  readonly firstName: Bytes;
  /** Names of records, three for each key. */
  readonly names: string;
  readonly nameCount: number;
  readonly values: string;
  readonly valueCount: number;
}

/** One argument. */
export function bulk(bytes: Bytes): string {
  return `$${bytes.length}\r\n${bytes}\r\n`;
}

/** A call of the program: FCALL or EVALSHA with its target, names and values. Answers with buffers. */
export function programCall(
  name: 'FCALL' | 'EVALSHA',
  target: string,
  leading: readonly string[],
  parts: readonly Arguments[],
): Command {
  let names = '';
  let values = '';
  let nameCount = 0;
  let valueCount = leading.length;
  for (const value of leading) values += bulk(value);
  for (const part of parts) {
    names += part.names;
    values += part.values;
    nameCount += part.nameCount;
    valueCount += part.valueCount;
  }
  const count = 3 + nameCount + valueCount;
  const head = `*${count}\r\n${bulk(name)}${bulk(target)}${bulk(String(nameCount))}`;
  const encoded = Buffer.from(head + names + values, 'latin1');
  return new EncodedCommand(name, encoded, parts[0]?.firstName ?? '');
}

/** A command that is written as it is: the client's own encoding looks at each of hundreds of arguments. */
class EncodedCommand extends Command {
  readonly #encoded: Buffer;
  readonly #firstName: Bytes;

  constructor(name: string, encoded: Buffer, firstName: Bytes) {
    super(name, [], { replyEncoding: null });
    this.#encoded = encoded;
    this.#firstName = firstName;
  }

  /** By which a client of a Redis Cluster finds the node. */
  override getKeys(): Buffer[] {
    return [bufferOf(this.#firstName)];
  }

  override toWritable(): Buffer {
    return this.#encoded;
  }
}
