import { Value } from 'typebox/value';
import type { Clock } from '../../context.ts';
import { DiscoveryError } from '../../errors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import { readBody } from '../../http/readBody.ts';
import { pause } from '../pause.ts';
import { jsonLines } from './jsonLines.ts';
import { objectKey, RESOURCES, type KubernetesObject, type ResourceKind } from './objects.ts';
import { parseList, parseEvent } from './wire.ts';

const PAGE_SIZE = 500;
const MAX_PAGE_BYTES = 256 * 1024 * 1024;
const MAX_OBJECTS = 500_000;
/** How long the server keeps a watch open; a part of it is random, so that watches do not end together. */
const WATCH_SECONDS = 300;
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 30_000;

export interface ResourceWatchOptions {
  readonly kind: ResourceKind;
  /** Only this namespace; undefined for all, and for kinds that have none. */
  readonly namespace: string | undefined;
  /** `labelSelector` and `fieldSelector`. */
  readonly selectors: Readonly<Record<string, string>>;
  readonly base: string;
  readonly client: HttpClient;
  readonly clock: Clock;
  /** The first list is complete. */
  readonly onSynced: () => void;
  /** An object is new, different or gone. Called only after `onSynced`. */
  readonly onChange: (key: string) => void;
  /** A watch is open again and nothing was missed. */
  readonly onConnected: () => void;
  readonly fail: (error: Error) => void;
}

/**
 * Keeps a copy of the objects of one kind, as Kubernetes's clients do: lists them page by page, then watches from
 * the version of the list on. A watch that ends is opened again where it ended; when the server has forgotten that
 * version (410 Gone), the objects are listed again.
 */
export class ResourceWatch {
  readonly objects = new Map<string, KubernetesObject>();
  readonly #options: ResourceWatchOptions;
  readonly #url: string;
  #synced = false;
  /** Where to watch from; undefined means list first. */
  #version: string | undefined;

  constructor(options: ResourceWatchOptions) {
    this.#options = options;
    const { api, namespaced } = RESOURCES[options.kind];
    const { base, namespace, kind } = options;
    const scope = namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    this.#url = `${base}${api}${scope}/${kind}`;
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Lists and watches until the signal aborts. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, fail } = this.#options;
    let failuresInARow = 0;
    while (!signal.aborted) {
      const startedAtMs = clock.now();
      let waitMs = FIRST_RETRY_MS;
      try {
        if (this.#version === undefined) await this.#list(signal);
        await this.#watch(signal);
        failuresInARow = 0;
      } catch (error) {
        if (signal.aborted) return;
        fail(error as Error);
        waitMs = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(10, failuresInARow++));
        waitMs *= 1 - Math.random() / 4;
      }
      // A server that ends every watch at once is not asked more than once a second.
      await pause(clock, Math.max(0, waitMs - (clock.now() - startedAtMs)), signal);
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const found = new Map<string, KubernetesObject>();
    let next = '';
    let version = '';
    do {
      const params = { limit: String(PAGE_SIZE), ...(next === '' ? {} : { continue: next }) };
      const response = await this.#request(params, signal, 30_000);
      const page = parseList(JSON.parse((await readBody(response, MAX_PAGE_BYTES)).toString('utf8')));
      for (const item of page.items) {
        const object = this.#check(item);
        if (object !== undefined) found.set(objectKey(object.metadata), object);
      }
      if (found.size > MAX_OBJECTS) throw this.#tooMany();
      ({ next, version } = page);
    } while (next !== '');
    signal.throwIfAborted();
    this.#version = version;
    this.#replace(found);
  }

  #replace(found: ReadonlyMap<string, KubernetesObject>): void {
    const changed: string[] = [];
    for (const [key, object] of this.objects) {
      const now = found.get(key)?.metadata;
      const { resourceVersion: version, uid } = object.metadata;
      const same = version !== undefined && now?.resourceVersion === version && now.uid === uid;
      if (!same) changed.push(key);
    }
    for (const key of found.keys()) if (!this.objects.has(key)) changed.push(key);
    this.objects.clear();
    for (const [key, object] of found) this.objects.set(key, object);
    if (this.#synced) {
      for (const key of changed) this.#options.onChange(key);
    } else {
      this.#synced = true;
      this.#options.onSynced();
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const seconds = Math.round(WATCH_SECONDS * (1 + Math.random()));
    const params = {
      watch: '1',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version ?? '',
      timeoutSeconds: String(seconds),
    };
    const response = await this.#request(params, signal, (seconds + 30) * 1000);
    if (response.statusCode === 410) {
      response.body.on('error', () => undefined).destroy();
      this.#version = undefined;
      return;
    }
    this.#options.onConnected();
    for await (const line of jsonLines(response.body)) {
      signal.throwIfAborted();
      if (!this.#take(line)) return;
    }
  }

  /** Takes one event; false when the watch is of no use any more. */
  #take(line: unknown): boolean {
    const event = parseEvent(line);
    if (event.type === 'ERROR') {
      this.#version = undefined;
      if (event.code === 410) return false;
      throw new DiscoveryError(
        'SD_BAD_RESPONSE',
        `expected events from ${this.#url}, found an error: ${event.message}`,
      );
    }
    this.#version = event.version;
    if (event.type === 'BOOKMARK') return true;
    const object = this.#check(event.object);
    if (object === undefined) return true;
    const key = objectKey(object.metadata);
    if (event.type === 'DELETED') this.objects.delete(key);
    else this.objects.set(key, object);
    if (this.objects.size > MAX_OBJECTS) throw this.#tooMany();
    this.#options.onChange(key);
    return true;
  }

  /** The parts of an object that discovery reads; one that is not as expected is reported and left out. */
  #check(item: unknown): KubernetesObject | undefined {
    const { schema } = RESOURCES[this.#options.kind];
    if (Value.Check(schema, item)) return Value.Clean(schema, item) as KubernetesObject;
    const place = Value.Errors(schema, item)[0]?.instancePath;
    this.#options.fail(
      new DiscoveryError(
        'SD_BAD_RESPONSE',
        `an object from ${this.#url} is not as expected at ${place || 'the top'}`,
      ),
    );
    return undefined;
  }

  async #request(params: Record<string, string>, signal: AbortSignal, timeoutMs: number) {
    const query = new URLSearchParams({ ...this.#options.selectors, ...params });
    const url = `${this.#url}?${query.toString()}`;
    const headers = { accept: 'application/json' };
    const response = await this.#options.client.request(url, { headers, signal, timeoutMs });
    const { statusCode } = response;
    if (statusCode === 200 || (statusCode === 410 && params['watch'] !== undefined)) return response;
    this.#version = undefined;
    const detail = (await readBody(response, 64 * 1024)).toString('utf8').slice(0, 200);
    throw new DiscoveryError(
      'SD_BAD_RESPONSE',
      `expected status 200 from ${this.#url}, found ${statusCode}: ${detail}`,
    );
  }

  #tooMany(): DiscoveryError {
    this.#version = undefined;
    return new DiscoveryError(
      'SD_TOO_MANY_TARGETS',
      `expected at most ${MAX_OBJECTS} objects from ${this.#url}, found more; narrow them with namespaces or selectors`,
    );
  }
}
