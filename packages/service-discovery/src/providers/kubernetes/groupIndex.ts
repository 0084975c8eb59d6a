import type { GroupSink } from '../provider.ts';
import type { TargetGroup } from '../../targetGroup.ts';
import type { KubernetesObject, ResourceKind } from './objects.ts';
import type { ResourceWatch } from './resourceWatch.ts';
import type { Lookup, ROLES, Role } from './roles.ts';

/**
 * Makes a role's groups and keeps them up to date: each group remembers the objects that it asked for, and is made
 * again when one of them changes.
 */
export class GroupIndex {
  readonly #role: (typeof ROLES)[Role];
  readonly #attach: Lookup['attach'];
  readonly #sink: GroupSink;
  readonly #watches = new Map<ResourceKind, ResourceWatch[]>();
  /** Keys of the main objects that asked for an object, by `kind key`. */
  readonly #askers = new Map<string, Set<string>>();
  readonly #asked = new Map<string, Set<string>>();

  constructor(role: (typeof ROLES)[Role], attach: Lookup['attach'], sink: GroupSink) {
    this.#role = role;
    this.#attach = attach;
    this.#sink = sink;
  }

  /** Looks for objects of a kind in this watch too. */
  add(kind: ResourceKind, watch: ResourceWatch): void {
    const watches = this.#watches.get(kind) ?? [];
    watches.push(watch);
    this.#watches.set(kind, watches);
  }

  /** Makes every group. */
  rebuild(): void {
    const groups = new Map<string, TargetGroup>();
    for (const watch of this.#watches.get(this.#role.main) ?? []) {
      for (const [key, object] of watch.objects) groups.set(this.#source(key), this.#make(key, object));
    }
    this.#sink.replace(groups);
  }

  /** Makes the groups anew that an object has to do with. */
  update(kind: ResourceKind, key: string): void {
    const affected = new Set(this.#askers.get(`${kind} ${key}`));
    if (kind === this.#role.main) affected.add(key);
    for (const main of affected) {
      const object = this.#find(this.#role.main, main);
      if (object !== undefined) {
        this.#sink.set(this.#source(main), this.#make(main, object));
        continue;
      }
      this.#forget(main);
      this.#sink.delete(this.#source(main));
    }
  }

  #source(key: string): string {
    return `${this.#role.source}/${key}`;
  }

  #make(key: string, object: KubernetesObject): TargetGroup {
    this.#forget(key);
    const asked = new Set<string>();
    this.#asked.set(key, asked);
    const find = <K extends ResourceKind>(kind: K, other: string): KubernetesObject<K> | undefined => {
      const name = `${kind} ${other}`;
      asked.add(name);
      const askers = this.#askers.get(name) ?? new Set();
      this.#askers.set(name, askers.add(key));
      return this.#find(kind, other);
    };
    return this.#role.group(object, { find, attach: this.#attach });
  }

  #forget(key: string): void {
    for (const name of this.#asked.get(key) ?? []) {
      const askers = this.#askers.get(name);
      askers?.delete(key);
      if (askers?.size === 0) this.#askers.delete(name);
    }
    this.#asked.delete(key);
  }

  #find<K extends ResourceKind>(kind: K, key: string): KubernetesObject<K> | undefined {
    for (const watch of this.#watches.get(kind) ?? []) {
      const object = watch.objects.get(key);
      if (object !== undefined) return object as KubernetesObject<K>;
    }
    return undefined;
  }
}
