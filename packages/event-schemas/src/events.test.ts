import fc from 'fast-check';
import { Type } from 'typebox';
import { describe, expect, it } from 'vitest';
import {
  defineEvent,
  deployFinished,
  type EventError,
  EventRegistry,
  fromHttp,
  fromKafka,
  newEvent,
  toHttp,
  toKafka,
} from './index.ts';

const registry = new EventRegistry();
const deploy = newEvent({
  source: '/ci',
  type: 'deploy.finished',
  data: { service: 'tracks', version: '1.8.0' },
  partitionkey: 'tracks',
});

function code(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as EventError).code;
  }
  return undefined;
}

describe('checking', () => {
  it('accepts an event of a known type and says which version its data has', () => {
    const { event, definition } = registry.check(deploy);
    expect(definition).toBe(deployFinished);
    expect(event.dataschema).toBe('urn:binnacle:event:deploy.finished:1');
  });

  it('keeps fields that nobody knows, in the envelope and in the data', () => {
    const more = { ...deploy, traceparent: '00-ab', data: { service: 'a', version: '1', colour: 'blue' } };
    expect(registry.check(more).event).toMatchObject({ traceparent: '00-ab', data: { colour: 'blue' } });
  });

  it('passes a type that nobody registered, with its envelope checked', () => {
    expect(registry.check(newEvent({ source: 's', type: 'plays', data: 1 })).definition).toBeUndefined();
  });

  it.each([
    ['not an object', null, 'EVENT_BAD_ENVELOPE'],
    ['no id', { specversion: '1.0', source: 's', type: 't' }, 'EVENT_BAD_ENVELOPE'],
    ['an old specversion', { ...deploy, specversion: '0.3' }, 'EVENT_BAD_ENVELOPE'],
    ['a time that does not exist', { ...deploy, time: '2026-13-45T00:00:00Z' }, 'EVENT_BAD_ENVELOPE'],
    ['a time without a zone', { ...deploy, time: '2026-01-01T00:00:00' }, 'EVENT_BAD_ENVELOPE'],
    ['an attribute in capitals', { ...deploy, Trace: 'x' }, 'EVENT_BAD_ENVELOPE'],
    ['data without its service', { ...deploy, data: { version: '1' } }, 'EVENT_BAD_DATA'],
    [
      'a version from the future',
      { ...deploy, dataschema: 'urn:binnacle:event:deploy.finished:9' },
      'EVENT_UNKNOWN_VERSION',
    ],
  ])('refuses %s', (_what, event, expected) => {
    expect(code(() => registry.check(event))).toBe(expected);
  });

  it('brings old data up to date one version at a time', () => {
    const own = new EventRegistry([]);
    own.register(
      defineEvent({
        type: 'plays',
        version: 1,
        description: '',
        data: Type.Object({ track: Type.Number() }),
      }),
    );
    own.register(
      defineEvent({
        type: 'plays',
        version: 2,
        description: '',
        data: Type.Object({ track: Type.String() }),
        upcast: (old) => ({ ...old, track: `track:${String(old['track'])}` }),
      }),
    );
    const old = newEvent({
      source: 's',
      type: 'plays',
      data: { track: 7 },
      dataschema: 'urn:binnacle:event:plays:1',
    });
    expect(own.check(old).event).toMatchObject({
      data: { track: 'track:7' },
      dataschema: 'urn:binnacle:event:plays:2',
    });
    const current = newEvent({ source: 's', type: 'plays', data: { track: 'track:8' } });
    expect(own.check(current).event.data).toEqual({ track: 'track:8' });
  });

  it('refuses a version that skips one, and one that cannot read its predecessor', () => {
    const data = Type.Object({});
    expect(() => new EventRegistry([{ type: 'a', version: 2, description: '', data }])).toThrow(
      /version 1 of a/,
    );
    expect(() => defineEvent({ type: 'a', version: 2, description: '', data })).toThrow(/upcast/);
    expect(() => defineEvent({ type: 'A b', version: 1, description: '', data })).toThrow(
      /dotted lower case/,
    );
  });
});

describe('bindings', () => {
  const events = fc.record({
    id: fc.string({ minLength: 1, unit: 'grapheme' }),
    source: fc.webUrl(),
    partitionkey: fc.string({ minLength: 1 }),
    data: fc.jsonValue(),
  });

  it('gives back over HTTP and Kafka what was sent', () => {
    fc.assert(
      fc.property(events, (parts) => {
        const event = newEvent({ type: 'plays', ...parts });
        const wire = JSON.parse(JSON.stringify(event)) as unknown;
        expect(fromHttp(toHttp(event))).toEqual([wire]);
        expect(fromKafka(toKafka(event))).toEqual(wire);
      }),
    );
  });

  it('reads the binary forms', () => {
    const http = fromHttp({
      headers: {
        'ce-specversion': '1.0',
        'ce-id': '1',
        'ce-source': '/a',
        'ce-type': 'plays',
        'ce-subject': 'caf%C3%A9',
        'content-type': 'application/json',
      },
      body: '{"n":1}',
    });
    expect(http).toEqual([
      {
        specversion: '1.0',
        id: '1',
        source: '/a',
        type: 'plays',
        subject: 'café',
        datacontenttype: 'application/json',
        data: { n: 1 },
      },
    ]);
    const bytes = (value: string): Uint8Array => new TextEncoder().encode(value);
    const kafka = fromKafka({
      key: bytes('k'),
      value: bytes('hello'),
      headers: {
        ce_specversion: bytes('1.0'),
        ce_id: bytes('1'),
        ce_source: bytes('/a'),
        ce_type: bytes('t'),
        'content-type': bytes('text/plain'),
      },
    });
    expect(kafka).toEqual({
      specversion: '1.0',
      id: '1',
      source: '/a',
      type: 't',
      datacontenttype: 'text/plain',
      partitionkey: 'k',
      data: 'hello',
    });
  });

  it('reads a batch, and refuses one that is no array', () => {
    const headers = { 'content-type': 'application/cloudevents-batch+json' };
    expect(fromHttp({ headers, body: JSON.stringify([deploy, deploy]) })).toHaveLength(2);
    expect(code(() => fromHttp({ headers, body: '{}' }))).toBe('EVENT_BAD_MESSAGE');
  });

  it.each([
    ['no known form', { headers: {}, body: '{}' }],
    ['broken JSON', { headers: { 'content-type': 'application/cloudevents+json' }, body: '{' }],
  ])('refuses %s', (_what, message) => {
    expect(code(() => fromHttp(message))).toBe('EVENT_BAD_MESSAGE');
    expect(code(() => fromKafka({ key: null, value: message.body, headers: message.headers }))).toBe(
      'EVENT_BAD_MESSAGE',
    );
  });
});
