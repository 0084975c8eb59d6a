import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { DiscoveryError } from '../../errors.ts';

const listAnswer = Type.Object({
  metadata: Type.Object({ resourceVersion: Type.String(), continue: Type.Optional(Type.String()) }),
  items: Type.Optional(Type.Union([Type.Array(Type.Unknown()), Type.Null()])),
});

const changeEvent = Type.Object({
  type: Type.Union([
    Type.Literal('ADDED'),
    Type.Literal('MODIFIED'),
    Type.Literal('DELETED'),
    Type.Literal('BOOKMARK'),
  ]),
  object: Type.Object({ metadata: Type.Object({ resourceVersion: Type.String() }) }),
});

const errorEvent = Type.Object({
  type: Type.Literal('ERROR'),
  object: Type.Object({ code: Type.Optional(Type.Number()), message: Type.Optional(Type.String()) }),
});

/** A page of a list; `next` is '' on the last one. */
export interface ListPage {
  readonly items: readonly unknown[];
  readonly version: string;
  readonly next: string;
}

export type WatchEvent =
  | {
      readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
      readonly version: string;
      readonly object: unknown;
    }
  | { readonly type: 'ERROR'; readonly code: number; readonly message: string };

/** Reads a list. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseList(answer: unknown): ListPage {
  if (!Value.Check(listAnswer, answer)) throw unexpected('a list of objects');
  const { metadata, items } = answer;
  return { items: items ?? [], version: metadata.resourceVersion, next: metadata.continue ?? '' };
}

/** Reads one event of a watch. Throws DiscoveryError with SD_BAD_RESPONSE. */
export function parseEvent(line: unknown): WatchEvent {
  if (Value.Check(changeEvent, line)) {
    return { type: line.type, version: line.object.metadata.resourceVersion, object: line.object };
  }
  if (!Value.Check(errorEvent, line)) throw unexpected('an event');
  return { type: 'ERROR', code: line.object.code ?? 0, message: line.object.message ?? '' };
}

function unexpected(what: string): DiscoveryError {
  return new DiscoveryError(
    'SD_BAD_RESPONSE',
    `expected ${what} from the Kubernetes API, found something else`,
  );
}
