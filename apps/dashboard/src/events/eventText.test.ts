import { describe, expect, test } from 'vitest';
import type { StoredEvent } from '../api/eventTypes.ts';
import { eventSummary, flattenData } from './eventText.ts';
import { deploysOf } from './platformEvents.ts';
import { rowsOfItems } from './tableRows.ts';

const envelope = { specversion: '1.0', id: '1', source: 'test' };

describe('an event in one line', () => {
  test.each([
    [
      'deploy.finished',
      { service: 'tracks', version: '1.8.0', previousVersion: '1.7.2', by: 'ana' },
      'tracks 1.8.0 after 1.7.2 by ana',
    ],
    ['deploy.finished', { service: 'tracks', version: '1.8.0' }, 'tracks 1.8.0'],
    ['exception.first_seen', { class: 'TypeError', message: 'x is null' }, 'TypeError: x is null'],
    ['alert.firing', { alertname: 'Slow', annotations: { summary: 'p99 is high' } }, 'Slow: p99 is high'],
    ['target.down', { instance: 'a:1', error: 'refused' }, 'a:1: refused'],
    ['activity', { actor: 'user:1', verb: 'repost', object: 'track:9' }, 'user:1 repost track:9'],
    ['plays', { track: 9 }, '{"track":9}'],
    ['deploy.finished', { else: 1 }, '{"else":1}'],
    ['notes', 'as it is', 'as it is'],
    ['empty', undefined, ''],
  ])('%s', (type, data, line) => {
    expect(eventSummary({ ...envelope, type, data })).toBe(line);
  });

  test('data becomes paths and values', () => {
    expect(flattenData({ a: { b: [1, 'x'] }, c: null, d: {} })).toEqual([
      { path: 'a.b.0', value: '1' },
      { path: 'a.b.1', value: 'x' },
      { path: 'c', value: 'null' },
      { path: 'd', value: '{}' },
    ]);
    expect(flattenData('text')).toEqual([{ path: '', value: 'text' }]);
    expect(flattenData(undefined)).toEqual([]);
  });
});

describe('merged timelines', () => {
  const deploy: StoredEvent = {
    offset: 7,
    receivedAt: '2026-01-15T15:00:01.000Z',
    event: {
      ...envelope,
      type: 'deploy.finished',
      time: '2026-01-15T15:00:00Z',
      data: { service: 'a', version: '2' },
    },
    bytes: 1,
  };
  const at = '2026-01-15T15:00:00.000Z';

  test('an event in two timelines is one row that names both', () => {
    const item = { score: 1, member: 'bQ==', at, event: deploy };
    const rows = rowsOfItems([
      { key: 'service:a', ...item },
      { key: 'kind:deploy.finished', ...item },
    ]);
    expect(rows).toEqual([
      {
        id: '7',
        atMs: Date.parse(at),
        type: 'deploy.finished',
        summary: 'a 2',
        offset: 7,
        keys: ['service:a', 'kind:deploy.finished'],
      },
    ]);
  });

  test('an entry without an event shows its member', () => {
    const [row] = rowsOfItems([{ key: 'actor:user:1', score: 1, member: btoa('repost\0track:9'), at }]);
    expect(row).toMatchObject({ summary: 'repost track:9', offset: null, type: 'entry' });
  });

  test('deploys stand at their own time', () => {
    expect(deploysOf([deploy])).toEqual([{ version: '2', atMs: Date.parse(at) }]);
  });
});
