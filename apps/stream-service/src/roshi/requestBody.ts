import type { Bytes, Operation } from '@binnacle/timeline';

/** A request that Roshi answers 400, with the text of Go's error. */
export class RoshiRequestError extends Error {
  override readonly name = 'RoshiRequestError';
}

/** What a POST (`insert`) or DELETE asks for. Absent fields are empty; `null` is a tuple without fields. */
export function parseTuples(body: string, kind: Operation['kind']): Operation[] {
  return parseArray(body, '[]common.KeyScoreMember').map((value) => {
    if (value === null) return { kind, key: '', score: 0, member: '' };
    if (typeof value !== 'object' || Array.isArray(value)) {
      throw mismatch(value, 'common.KeyScoreMember');
    }
    const { key, score, member } = value as Record<string, unknown>;
    return { kind, key: bytesField(key), score: scoreField(score), member: bytesField(member) };
  });
}

/** Keys of a select. */
export function parseKeys(body: string): Bytes[] {
  return parseArray(body, '[][]uint8').map(bytesField);
}

function parseArray(body: string, goType: string): unknown[] {
  if (body.trim() === '') throw new RoshiRequestError('EOF');
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (cause) {
    throw new RoshiRequestError(syntaxError((cause as Error).message), { cause });
  }
  if (value === null) return [];
  if (!Array.isArray(value)) throw mismatch(value, goType);
  return value;
}

/** Go's text for the character at which a JSON document goes wrong. */
function syntaxError(message: string): string {
  const [, character] = /^Unexpected token '(.*?)', /su.exec(message) ?? [];
  if (character === undefined) return 'unexpected EOF';
  return `invalid character '${character === "'" ? String.raw`\'` : character}' looking for beginning of value`;
}

function bytesField(value: unknown): Bytes {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw mismatch(value, '[]uint8');
  return decodeBase64(value);
}

function scoreField(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number') throw mismatch(value, 'float64');
  if (!Number.isFinite(value))
    throw new RoshiRequestError('json: cannot unmarshal number into Go value of type float64');
  return value;
}

/** Standard base64 with padding, where line ends are passed over, as Go reads it. */
function decodeBase64(text: string): Bytes {
  if (text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)) return atob(text);
  const packed = text.replaceAll(/[\r\n]/g, '');
  if (packed !== text) return decodeBase64(packed);
  const illegal = text.search(/[^A-Za-z0-9+/]/);
  const at = illegal < 0 ? text.length : illegal;
  throw new RoshiRequestError(`illegal base64 data at input byte ${at}`);
}

function mismatch(value: unknown, goType: string): RoshiRequestError {
  const kind = Array.isArray(value) ? 'array' : value === null ? 'null' : GO_KINDS[typeof value];
  return new RoshiRequestError(`json: cannot unmarshal ${kind} into Go value of type ${goType}`);
}

const GO_KINDS: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  boolean: 'bool',
  object: 'object',
};
