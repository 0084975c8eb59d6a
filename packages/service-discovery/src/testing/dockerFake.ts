import type { ServerResponse } from 'node:http';
import { httpFake, sendJson, type HttpFake } from './httpFake.ts';

/** What a Docker daemon knows, as `/containers/json` and `/networks` list it. */
export interface DockerState {
  readonly containers: unknown;
  readonly networks: unknown;
}

/** The two routes of a Docker daemon that discovery asks, on a real server; `state` may be replaced at any time. */
export interface DockerFake extends HttpFake {
  state: DockerState;
  /** Answers in place of both routes until it is undefined. */
  instead: ((response: ServerResponse) => void) | undefined;
}

/** Starts the daemon, on a Unix socket if its path is given. */
export async function dockerFake(state: DockerState, socketPath?: string): Promise<DockerFake> {
  const fake = { state, instead: undefined } as Pick<DockerFake, 'state' | 'instead'>;
  const http = await httpFake(
    (request, response) => {
      // Clients may name a version of the API in front.
      const pathname = new URL(request.url!, 'http://docker').pathname.replace(/^\/v1\.\d+/, '');
      if (fake.instead !== undefined) fake.instead(response);
      else if (pathname === '/containers/json') sendJson(response, fake.state.containers);
      else if (pathname === '/networks') sendJson(response, fake.state.networks);
      else response.writeHead(404).end(JSON.stringify({ message: 'page not found' }));
    },
    undefined,
    socketPath,
  );
  return Object.assign(fake, http);
}

/** A container as the API lists it, with what matters to discovery. */
export function dockerContainer(
  id: string,
  networks: Readonly<Record<string, object | null>>,
  more: object = {},
): object {
  return {
    Id: id,
    Names: [`/${id}`],
    Image: 'image',
    Ports: [],
    Labels: {},
    State: 'running',
    HostConfig: { NetworkMode: 'default' },
    NetworkSettings: { Networks: networks },
    ...more,
  };
}
