import type { Bytes } from '../contract.ts';

/**
 * Names of a key's three records in Redis. `hash-tag` puts the key in braces, so that Redis Cluster keeps the three
 * together; `roshi` is the layout of Roshi's own data, with the floor beside it.
 */
export type LayoutName = 'hash-tag' | 'roshi';

export interface KeyLayout {
  /** What the names of the three have in common: live set, tombstone set and floor add `+`, `-` and `!`. */
  stem(key: Bytes): Bytes;
  /** The key that a name belongs to, or undefined when it is none of ours. */
  keyOf(name: Bytes): Bytes | undefined;
}

export const LAYOUTS: Readonly<Record<LayoutName, KeyLayout>> = {
  'hash-tag': {
    stem: (key) => `{${needsEscape(key) ? '~' : ''}${key}}`,
    keyOf: (name) => {
      const [, tag] = /^\{(.+)\}[-+!]$/s.exec(name) ?? [];
      return tag?.startsWith('~') ? tag.slice(1) : tag;
    },
  },
  roshi: {
    stem: (key) => key,
    keyOf: (name) => (/[-+!]$/.test(name) ? name.slice(0, -1) : undefined),
  },
};

/** Names of a key's records: live set, tombstone set and floor. */
export function namesOf(key: Bytes, layout: KeyLayout): [Bytes, Bytes, Bytes] {
  const stem = layout.stem(key);
  return [`${stem}+`, `${stem}-`, `${stem}!`];
}

/** Redis takes no hash tag from `{}`, so an empty key and one that begins with a brace get a mark in front. */
function needsEscape(key: Bytes): boolean {
  return key === '' || key.startsWith('}') || key.startsWith('~');
}
