import { Type, type TObject, type TProperties } from 'typebox';

/** A Prometheus duration such as `30s`, `1h30m` or `0`. */
export const durationSchema = Type.String({
  pattern: '^(0|(?=.)([0-9]+y)?([0-9]+w)?([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?)$',
  description: 'a duration such as 30s, 5m or 1h30m',
});

/** Label names and values of a target group. */
export const labelSetSchema = Type.Record(Type.String({ minLength: 1 }), Type.String());

/** An object that refuses unknown keys, as Prometheus's configuration does. */
export function strictObject<P extends TProperties>(properties: P): TObject<P> {
  return Type.Object(properties, { additionalProperties: false });
}
