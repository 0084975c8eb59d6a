import { get } from 'node:http';
import { newEvent, type CloudEvent } from '@binnacle/event-schemas';
import { startService, type RunningService } from '@binnacle/service-kit';
import { tempDir } from '@binnacle/testing';
import { streamService } from '../service.ts';

/** A stream-service inside the test on a folder of its own, or on one that is given and kept. */
export async function startStreams(
  options: { folder?: string; argv?: string[] } = {},
): Promise<RunningService> {
  const own = options.folder === undefined ? tempDir('streams') : undefined;
  const running = await startService(streamService, {
    argv: [
      ...(options.argv?.some((flag) => flag.startsWith('--web.listen-address'))
        ? []
        : ['--web.listen-address=127.0.0.1:0']),
      '--log.level=error',
      '--shutdown.deadline=2s',
      `--storage.path=${options.folder ?? own!.path}`,
      ...(options.argv ?? []),
    ],
  });
  const dispose = running[Symbol.asyncDispose].bind(running);
  return Object.assign(running, {
    [Symbol.asyncDispose]: async () => {
      await dispose();
      own?.remove();
    },
  });
}

/** A deploy of a service at a time. */
export function deploy(service: string, time: string, id = `${service}-${time}`): CloudEvent {
  return newEvent({
    id,
    source: '/ci',
    type: 'deploy.finished',
    time: new Date(time),
    partitionkey: service,
    data: { service, version: '1.2.3' },
  });
}

/** Posts events as one batch and returns the answer. */
export async function post(running: RunningService, events: readonly unknown[]): Promise<Answer> {
  const response = await running.app.inject({
    method: 'POST',
    url: '/api/v1/events',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    payload: JSON.stringify(events),
  });
  return { statusCode: response.statusCode, body: response.json<Record<string, unknown>>() };
}

interface Answer {
  readonly statusCode: number;
  readonly body: Record<string, unknown>;
}

/** Server-sent events as they come. */
export interface Listener extends AsyncDisposable {
  text(): string;
}

/** Listens to a live route until disposed. */
export function listen(url: string, headers: Record<string, string> = {}): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      const closed = new Promise((done) => response.once('close', done));
      response.on('error', () => undefined);
      resolve({
        text: () => text,
        [Symbol.asyncDispose]: async () => {
          request.destroy();
          await closed;
        },
      });
    });
    request.on('error', reject);
  });
}
