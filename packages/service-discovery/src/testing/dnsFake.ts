import { createSocket } from 'node:dgram';
import type { AddressInfo } from 'node:net';

const TYPES: Readonly<Record<string, number>> = { A: 1, NS: 2, MX: 15, AAAA: 28, SRV: 33 };
export const SERVFAIL = 2;
export const NXDOMAIN = 3;

/** A real name server on UDP that answers from a table of `TYPE name` to record data, or to an error code. */
export interface DnsFake extends AsyncDisposable {
  readonly address: string;
  /** `TYPE name` of every question so far. */
  readonly questions: readonly string[];
}

export async function dnsFake(table: Readonly<Record<string, readonly Buffer[] | number>>): Promise<DnsFake> {
  const questions: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const { name, end } = readName(query, 12);
    const code = query.readUInt16BE(end);
    const type = Object.keys(TYPES).find((key) => TYPES[key] === code) ?? String(code);
    questions.push(`${type} ${name}`);
    const answer = table[`${type} ${name}`] ?? NXDOMAIN;
    const records = typeof answer === 'number' ? [] : answer;
    const header = Buffer.alloc(12);
    query.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    const body = records.map((data) => {
      const record = Buffer.from([0xc0, 12, 0, code, 0, 1, 0, 0, 0, 5, 0, 0]);
      record.writeUInt16BE(data.length, 10);
      return Buffer.concat([record, data]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, end + 4), ...body]), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    questions,
    [Symbol.asyncDispose]: () => new Promise((resolve) => socket.close(resolve)),
  };
}

/** A name as records hold it. */
export function dnsName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

/** Data of an SRV record. */
export function srvRecord(name: string, port: number): Buffer {
  return Buffer.concat([Buffer.from([0, 1, 0, 1, port >> 8, port & 255]), dnsName(name)]);
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
