import type { CloudEvent } from '../api/eventTypes.ts';
import { keyOf } from './fixtures.ts';
import { SCRIPTS } from './scripts.ts';

const MINUTE = 60_000;
const PLAYS_MINUTES = 60;
const PLAYS_PER_MINUTE = 20;

/** The story of the other fixtures as events, and a busy stream of plays beside it; oldest first. */
export function fixtureEvents(now: number): CloudEvent[] {
  const events = [...platformEvents(now), ...playEvents(now)];
  return events.sort((a, b) => Date.parse(a.time!) - Date.parse(b.time!));
}

function platformEvents(now: number): CloudEvent[] {
  const at = (minutes: number): string => new Date(now - minutes * MINUTE).toISOString();
  const first = SCRIPTS.filter(({ ageMinutes }) => ageMinutes < 60).map((script) =>
    platformEvent(
      'exception.first_seen',
      at(script.ageMinutes - 1),
      `${script.service}-${script.ageMinutes}`,
      {
        service: script.service,
        key: keyOf(script),
        fingerprint: 'f'.repeat(32),
        class: script.class,
        message: script.message,
        severity: script.severity,
        totalCount: 1,
        version: script.versions[0],
      },
    ),
  );
  return [
    platformEvent('deploy.finished', at(22), 'deploy-tracks-1.8.0', {
      service: 'tracks',
      version: '1.8.0',
      previousVersion: '1.7.2',
      by: 'ana',
    }),
    platformEvent('deploy.finished', at(41), 'deploy-gateway-3.2.1', {
      service: 'gateway',
      version: '3.2.1',
    }),
    platformEvent('target.down', at(8), 'search-down', {
      service: 'search',
      instance: '127.0.0.1:4104',
      url: 'http://127.0.0.1:4104/metrics',
      pillar: 'metrics',
      error: 'no answer within 10 s',
    }),
    ...first,
  ];
}

function playEvents(now: number): CloudEvent[] {
  return Array.from({ length: PLAYS_MINUTES * PLAYS_PER_MINUTE }, (_, index) =>
    playEvent(now - PLAYS_MINUTES * MINUTE + (index * MINUTE) / PLAYS_PER_MINUTE, index),
  );
}

/** One play; `request_id` names it alone. */
function playEvent(atMs: number, index: number): CloudEvent {
  return {
    specversion: '1.0',
    id: `play-${index}`,
    source: 'demo/player',
    type: 'plays',
    time: new Date(atMs).toISOString(),
    partitionkey: `track:${8841 + (index % 40)}`,
    datacontenttype: 'application/json',
    data: {
      service: 'tracks',
      track: 8841 + (index % 40),
      user: index % 97,
      request_id: `req-${100_000 + index}`,
    },
  };
}

function platformEvent(type: string, time: string, id: string, data: object): CloudEvent {
  return {
    specversion: '1.0',
    id,
    source: 'binnacle',
    type,
    time,
    datacontenttype: 'application/json',
    data,
  };
}
