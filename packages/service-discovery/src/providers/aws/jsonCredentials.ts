import { Type, type Static, type TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { DiscoveryError } from '../../errors.ts';
import { parseJson } from '../../http/parseJson.ts';
import type { AwsCredentials } from './signature.ts';

const answer = Type.Object({
  AccessKeyId: Type.String({ minLength: 1 }),
  SecretAccessKey: Type.String({ minLength: 1 }),
  Token: Type.Optional(Type.String()),
  Expiration: Type.Optional(Type.String()),
});

/** Credentials as the metadata services of instances and containers write them. Throws SD_BAD_RESPONSE. */
export function parseCredentials(text: string, source: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = parseAnswer(
    answer,
    text,
    `credentials from ${source}`,
  );
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(Token === undefined ? {} : { sessionToken: Token }),
    ...(Expiration === undefined ? {} : { expiresAtMs: parseExpiration(Expiration) }),
  };
}

/** Milliseconds since the Unix epoch; a time that cannot be read is long past, so that nothing is kept for it. */
export function parseExpiration(text: string): number {
  return Date.parse(text) || 0;
}

/** Reads and checks JSON. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseAnswer<T extends TSchema>(schema: T, text: string, what: string): Static<T> {
  const value = parseJson(text);
  if (Value.Check(schema, value)) return value;
  throw new DiscoveryError('SD_BAD_RESPONSE', `expected ${what}, found something else`);
}
