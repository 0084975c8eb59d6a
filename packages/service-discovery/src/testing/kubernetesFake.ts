import type { IncomingMessage, ServerResponse } from 'node:http';
import { httpFake, sendJson } from './httpFake.ts';

export type AnyObject = Record<string, unknown> & {
  readonly metadata: Record<string, unknown> & { readonly name: string; readonly namespace?: string };
};

/**
 * Lists and watches as the API server of Kubernetes does, on a real server: pages, versions, bookmarks, and 410 for
 * versions that it has forgotten. Selectors are not applied; tests look at the requests for them.
 */
export interface KubernetesFake extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly IncomingMessage[];
  /** Adds or replaces an object. `kind` is the last part of a path: `pods`. */
  put(kind: string, object: AnyObject): void;
  remove(kind: string, name: string, namespace?: string): void;
  /** Tells every open watch the newest version. */
  bookmark(): void;
  /** Ends every watch, as a restarting server does. */
  dropWatches(): void;
  /** Forgets the events so far. Watches from an older version get 410: by status, or by an event. */
  forget(how: 'status' | 'event'): void;
  /** Sends a line to every open watch. */
  sendRaw(line: string): void;
  /** Every request gets this status until it is undefined. */
  failWith(status: number | undefined): void;
  openWatches(): number;
}

interface Change {
  readonly kind: string;
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: AnyObject;
}

interface Watch {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly response: ServerResponse;
}

export async function kubernetesFake({ pageSize = 2 } = {}): Promise<KubernetesFake> {
  const objects = new Map<string, { readonly kind: string; readonly object: AnyObject }>();
  const watches = new Set<Watch>();
  let history: Change[] = [];
  let version = 100;
  let oldest = 0;
  let goneBy: 'status' | 'event' = 'status';
  let failure: number | undefined;

  const http = await httpFake((request, response) => {
    if (failure !== undefined) {
      response.writeHead(failure).end('no');
      return;
    }
    const url = new URL(request.url!, 'http://kubernetes');
    const [, namespace, kind] = /^\/api(?:s\/[^/]+)?\/v1(?:\/namespaces\/([^/]+))?\/(\w+)$/.exec(
      url.pathname,
    )!;
    if (url.searchParams.has('watch')) watch(kind!, namespace, url, response);
    else list(kind!, namespace, url, response);
  });

  function list(kind: string, namespace: string | undefined, url: URL, response: ServerResponse): void {
    const all = [...objects.values()]
      .filter((one) => one.kind === kind && isIn(one.object, namespace))
      .map((one) => one.object);
    const start = Number(url.searchParams.get('continue') ?? 0);
    const items = all.slice(start, start + pageSize);
    const end = start + pageSize < all.length ? String(start + pageSize) : '';
    sendJson(response, {
      metadata: { resourceVersion: String(version), continue: end },
      items: items.length === 0 ? null : items,
    });
  }

  function watch(kind: string, namespace: string | undefined, url: URL, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < oldest && goneBy === 'status') {
      response.writeHead(410).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (from < oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
      return;
    }
    const one = { kind, namespace, response };
    watches.add(one);
    response.on('close', () => watches.delete(one));
    for (const change of history) if (change.version > from) send(one, change);
  }

  function send(one: Watch, { kind, type, object }: Change): void {
    if (one.kind !== kind || !isIn(object, one.namespace)) return;
    one.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  function change(kind: string, type: Change['type'], object: AnyObject): void {
    version++;
    const versioned = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const key = `${kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
    if (type === 'DELETED') objects.delete(key);
    else objects.set(key, { kind, object: versioned });
    const event = { kind, type, version, object: versioned };
    history.push(event);
    for (const one of watches) send(one, event);
  }

  return {
    url: http.url,
    requests: http.requests,
    put: (kind, object) => {
      const key = `${kind} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
      change(kind, objects.has(key) ? 'MODIFIED' : 'ADDED', object);
    },
    remove: (kind, name, namespace) => {
      const known = objects.get(`${kind} ${namespace ?? ''}/${name}`);
      if (known !== undefined) change(kind, 'DELETED', known.object);
    },
    bookmark: () => {
      const object = { metadata: { resourceVersion: String(version) } };
      for (const one of watches) one.response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    },
    dropWatches: () => {
      for (const one of watches) one.response.end();
      watches.clear();
    },
    forget: (how) => {
      goneBy = how;
      history = [];
      oldest = version;
    },
    sendRaw: (line) => {
      for (const one of watches) one.response.write(`${line}\n`);
    },
    failWith: (status) => {
      failure = status;
    },
    openWatches: () => watches.size,
    [Symbol.asyncDispose]: () => http.close(),
  };
}

function isIn(object: AnyObject, namespace: string | undefined): boolean {
  return namespace === undefined || object.metadata.namespace === namespace;
}
