import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpFake, sendJson, type HttpFake } from './httpFake.ts';

/** Instances by service, as `/v1/health/service/:name` lists them. */
export type ConsulServices = Record<string, readonly ConsulInstance[]>;

export interface ConsulInstance {
  readonly Node: Record<string, unknown>;
  readonly Service: Record<string, unknown> & { readonly Tags?: readonly string[] | null };
  readonly Checks?: readonly Record<string, unknown>[];
}

/** The two routes of a Consul agent that discovery asks, with blocking queries, on a real server. */
export interface ConsulFake extends AsyncDisposable {
  readonly host: string;
  readonly requests: readonly IncomingMessage[];
  /** How many queries are held now. */
  held(): number;
  /** Replaces the catalog, and answers the queries that wait. */
  update(services: ConsulServices): void;
  /** Every query fails with this status until it is undefined. */
  failWith(status: number | undefined): void;
  /** Begins the index anew, as after a restore. */
  resetIndex(): void;
}

export async function consulFake(initial: ConsulServices): Promise<ConsulFake> {
  let services = initial;
  let index = 10;
  let failure: number | undefined;
  const waiting = new Set<() => void>();
  const release = (): void => {
    for (const answer of waiting) answer();
  };

  const http: HttpFake = await httpFake((request, response) => {
    const url = new URL(request.url!, 'http://consul');
    const known = Number(url.searchParams.get('index') ?? 0);
    const answer = (): void => {
      waiting.delete(answer);
      if (failure !== undefined) response.writeHead(failure).end('refused');
      else route(url, response);
    };
    if (known > 0 && known === index) waiting.add(answer);
    else answer();
    response.on('close', () => waiting.delete(answer));
  });

  function route(url: URL, response: ServerResponse): void {
    const headers = { 'x-consul-index': String(index) };
    if (url.pathname === '/v1/catalog/services') {
      const catalog = Object.entries(services).map(([name, instances]) => [
        name,
        [...new Set(instances.flatMap((instance) => instance.Service.Tags ?? []))],
      ]);
      sendJson(response, Object.fromEntries(catalog), headers);
      return;
    }
    const name = decodeURIComponent(/^\/v1\/health\/service\/(.+)$/.exec(url.pathname)?.[1] ?? '');
    const tags = url.searchParams.getAll('tag');
    const found = (services[name] ?? []).filter(({ Service: { Tags } }) =>
      tags.every((tag) => Tags?.includes(tag)),
    );
    sendJson(response, found, headers);
  }

  return {
    host: new URL(http.url).host,
    requests: http.requests,
    held: () => waiting.size,
    update: (next) => {
      services = next;
      index++;
      release();
    },
    failWith: (status) => {
      failure = status;
      release();
    },
    resetIndex: () => {
      index = 1;
      release();
    },
    [Symbol.asyncDispose]: () => http.close(),
  };
}
