import { formatDuration, parseDuration } from '@binnacle/model';
import { Type, type TSchemaOptions } from 'typebox';
import { Format } from 'typebox/format';
import { formatSize, parseSize } from '../flags/size.ts';

/** What a schema may say beside JSON Schema, for the messages about a configuration file. */
export interface ConfigTypeOptions extends TSchemaOptions {
  /** Completes "expected …": `a duration such as 30s`. */
  expected?: string;
  /** The value is never shown in a message. */
  secret?: boolean;
}

/** A Prometheus duration such as `1h30m`; the service gets milliseconds. */
export function Duration(options: ConfigTypeOptions & { default?: string } = {}) {
  return Type.Codec(
    Type.String({ format: 'prometheus-duration', expected: 'a duration such as 30s or 5m', ...options }),
  )
    .Decode(parseDuration)
    .Encode(formatDuration);
}

/** A size such as `512MB`, in powers of 1024; the service gets bytes. */
export function Size(options: ConfigTypeOptions & { default?: string } = {}) {
  return Type.Codec(Type.String({ format: 'byte-size', expected: 'a size such as 512MB', ...options }))
    .Decode(parseSize)
    .Encode(formatSize);
}

/** An http or https URL, as text. */
export function HttpUrl(options: ConfigTypeOptions & { default?: string } = {}) {
  return Type.String({ format: 'http-url', expected: 'a URL such as https://example.com', ...options });
}

/** A text that no message shows. */
export function Secret(options: ConfigTypeOptions = {}) {
  return Type.String({ secret: true, ...options });
}

Format.Set('prometheus-duration', (text) => succeeds(parseDuration, text));
Format.Set('byte-size', (text) => succeeds(parseSize, text));
Format.Set('http-url', (text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''));

function succeeds(parse: (text: string) => unknown, text: string): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    return !(error instanceof Error);
  }
}
