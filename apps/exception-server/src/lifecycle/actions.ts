import { randomBytes } from 'node:crypto';
import type { Fingerprint, Mute } from '../aggregate/fingerprint.ts';
import type { Registry } from '../aggregate/registry.ts';
import { ExceptionServerError } from '../errors.ts';
import { bulkWrite } from '../storage/bulk.ts';
import { ACTIVITY, FINGERPRINTS } from '../storage/writePlan.ts';
import { fingerprintToRow } from '../storage/rows.ts';
import { changeOf, type Change, type ChangeKind } from './changes.ts';

/** How long an action can be taken back. */
const UNDO_FOR_MS = 15 * 60_000;

export type Action =
  | { readonly kind: 'resolve' | 'reopen' | 'unmute' }
  | {
      readonly kind: 'mute';
      readonly untilMs?: number;
      readonly count?: number;
      readonly newVersion?: boolean;
    };

export interface ActionResult {
  readonly affected: number;
  readonly undoToken: string;
  readonly undoUntilMs: number;
}

/** The part of an exception that people change. */
type Lifecycle = Pick<Fingerprint, 'state' | 'resolvedAtMs' | 'regression' | 'mute'>;

interface UndoEntry {
  readonly id: string;
  readonly before: Lifecycle;
  readonly after: Lifecycle;
}

/** What people do to exceptions, many at a time, each with a record and a way back. */
export class Actions {
  readonly #registry: Registry;
  readonly #publish: (change: Change) => void;

  constructor(registry: Registry, publish: (change: Change) => void) {
    this.#registry = registry;
    this.#publish = publish;
  }

  /** Does `action` to every exception of `publicIds` to which it applies; the others are left as they are. */
  async run(publicIds: readonly string[], action: Action, by: string, nowMs: number): Promise<ActionResult> {
    const undo: UndoEntry[] = [];
    for (const [service, ids] of this.#byService(publicIds)) {
      const change = (fingerprint: Fingerprint): Lifecycle | undefined =>
        perform(fingerprint, action, by, nowMs);
      undo.push(
        ...(await this.#change(service, ids, change, () => KINDS[action.kind], detailOf(action), by, nowMs)),
      );
    }
    const undoToken = randomBytes(16).toString('hex');
    const undoUntilMs = nowMs + UNDO_FOR_MS;
    await this.#registry.store.db
      .insertInto('undo')
      .values({ token: undoToken, expires_at: undoUntilMs, payload: JSON.stringify(undo) })
      .execute();
    return { affected: undo.length, undoToken, undoUntilMs };
  }

  /**
   * Takes an action back where nothing happened to the exception since. Works once. Throws
   * EXCEPTIONS_UNDO_EXPIRED.
   */
  async undo(token: string, by: string, nowMs: number): Promise<number> {
    const row = await this.#registry.store.db
      .deleteFrom('undo')
      .where('token', '=', token)
      .where('expires_at', '>', nowMs)
      .returning('payload')
      .executeTakeFirst();
    if (row === undefined) {
      throw new ExceptionServerError(
        'EXCEPTIONS_UNDO_EXPIRED',
        'there is nothing to undo: it was too long ago, or is undone',
      );
    }
    const entries = new Map((JSON.parse(row.payload) as UndoEntry[]).map((entry) => [entry.id, entry]));
    let affected = 0;
    for (const [service, ids] of this.#byService([...entries.keys()])) {
      const restore = (fingerprint: Fingerprint): Lifecycle | undefined => {
        const { before, after } = entries.get(fingerprint.publicId)!;
        return isSame(lifecycleOf(fingerprint), after) ? before : undefined;
      };
      affected += (await this.#change(service, ids, restore, kindOf, 'undone', by, nowMs)).length;
    }
    return affected;
  }

  /** Ends the mutes whose time is over, so that they are seen in lists and told to followers. */
  async endMutes(nowMs: number): Promise<number> {
    const isOver = ({ mute }: Fingerprint): boolean =>
      mute !== null && mute.untilMs !== null && mute.untilMs <= nowMs;
    const over = [...this.#registry.fingerprints()].filter(isOver);
    let ended = 0;
    for (const [service, ids] of this.#byService(over.map(({ publicId }) => publicId))) {
      const end = (fingerprint: Fingerprint): Lifecycle => ({ ...lifecycleOf(fingerprint), mute: null });
      ended += (await this.#change(service, ids, end, () => 'unmuted', 'its time was over', '', nowMs))
        .length;
    }
    return ended;
  }

  async #change(
    service: string,
    publicIds: readonly string[],
    perform: (fingerprint: Fingerprint) => Lifecycle | undefined,
    kindOf: (after: Lifecycle) => ChangeKind,
    detail: string,
    by: string,
    nowMs: number,
  ): Promise<UndoEntry[]> {
    return this.#registry.exclusive(service, async (state) => {
      const undo: UndoEntry[] = [];
      const changed: { after: Fingerprint }[] = [];
      for (const id of publicIds) {
        const before = this.#registry.find(id);
        const next = before === undefined ? undefined : perform(before);
        if (before === undefined || next === undefined) continue;
        changed.push({ after: { ...before, ...next } });
        undo.push({ id, before: lifecycleOf(before), after: next });
      }
      if (changed.length === 0) return undo;
      const { store } = this.#registry;
      await store.db.transaction().execute(async (trx) => {
        await bulkWrite(
          trx,
          store.kind,
          FINGERPRINTS,
          changed.map(({ after }) => fingerprintToRow(after)),
        );
        const rows = changed.map(({ after }) => ({
          fingerprint_id: after.id,
          at: nowMs,
          action: kindOf(after),
          by,
          detail,
        }));
        await bulkWrite(
          trx,
          store.kind,
          ACTIVITY,
          rows.map((row) => ({ id: this.#registry.nextActivityId(), ...row })),
        );
      });
      this.#registry.apply(state, changed);
      for (const { after } of changed) this.#publish(changeOf(after, kindOf(after), nowMs));
      return undo;
    });
  }

  #byService(publicIds: readonly string[]): Map<string, string[]> {
    const groups = new Map<string, string[]>();
    for (const id of new Set(publicIds)) {
      const service = this.#registry.find(id)?.service;
      if (service === undefined) continue;
      const group = groups.get(service);
      if (group === undefined) groups.set(service, [id]);
      else group.push(id);
    }
    return groups;
  }
}

const KINDS = { resolve: 'resolved', reopen: 'reopened', mute: 'muted', unmute: 'unmuted' } as const;

function perform(fingerprint: Fingerprint, action: Action, by: string, nowMs: number): Lifecycle | undefined {
  const current = lifecycleOf(fingerprint);
  switch (action.kind) {
    case 'resolve':
      if (current.state !== 'open') return undefined;
      return { state: 'resolved', resolvedAtMs: nowMs, regression: null, mute: null };
    case 'reopen':
      return current.state === 'resolved' ? { ...current, state: 'open', resolvedAtMs: null } : undefined;
    case 'mute':
      return current.state === 'open'
        ? { ...current, mute: muteOf(fingerprint, action, by, nowMs) }
        : undefined;
    case 'unmute':
      return current.mute === null ? undefined : { ...current, mute: null };
  }
}

function muteOf(
  fingerprint: Fingerprint,
  action: Action & { kind: 'mute' },
  by: string,
  nowMs: number,
): Mute {
  const { untilMs = null, count = null, newVersion = false } = action;
  return {
    atMs: nowMs,
    by,
    untilMs,
    count,
    untilTotal: count === null ? null : fingerprint.total + count,
    version: newVersion ? (fingerprint.versions[0] ?? '') : null,
  };
}

function detailOf(action: Action): string {
  if (action.kind !== 'mute') return '';
  const ends = [
    action.untilMs === undefined ? '' : `until ${new Date(action.untilMs).toISOString()}`,
    action.count === undefined ? '' : `until ${action.count} more occurrences`,
    action.newVersion === true ? 'until a new version' : '',
  ].filter((end) => end !== '');
  return ends.join(' or ');
}

/** What an exception that an undo put back has become. */
function kindOf({ state, mute }: Lifecycle): ChangeKind {
  if (state === 'resolved') return 'resolved';
  return mute === null ? 'reopened' : 'muted';
}

function lifecycleOf({ state, resolvedAtMs, regression, mute }: Fingerprint): Lifecycle {
  return { state, resolvedAtMs, regression, mute };
}

function isSame(a: Lifecycle, b: Lifecycle): boolean {
  return JSON.stringify(lifecycleOf(a as Fingerprint)) === JSON.stringify(lifecycleOf(b as Fingerprint));
}
