import { useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { act, undoAction } from '../api/exceptionApi.ts';
import type { ActionRequest, ExceptionStatus, ExceptionSummary, MuteRequest } from '../api/types.ts';
import { plural } from '../time/format.ts';
import { overrideStatus } from './statusOverrides.ts';

/** What the bar at the bottom says after an action. */
export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly failed: boolean;
  readonly undo: (() => Promise<void>) | null;
}

type Action = ActionRequest['action'];

/** The server takes so many exceptions in one request. */
const ACTION_LIMIT = 1000;

const STATUS_AFTER: Record<Action, ExceptionStatus> = {
  resolve: 'resolved',
  reopen: 'ongoing',
  mute: 'muted',
  unmute: 'ongoing',
};
const DONE: Record<Action, string> = {
  resolve: 'resolved',
  reopen: 'reopened',
  mute: 'muted',
  unmute: 'unmuted',
};

let notice: Notice | null = null;
let nextId = 1;
const listeners = new Set<() => void>();

export function useNotice(): Notice | null {
  return useSyncExternalStore(subscribe, () => notice);
}

export function dismissNotice(id: number): void {
  if (notice?.id === id) show(null);
}

/** Undoes the action that the bar tells of; does nothing when there is none. */
export async function undoLast(): Promise<void> {
  await notice?.undo?.();
}

/** Carries out an action on exceptions: at once on the screen, then on the server, with undo. */
export function useExceptionActions(): (
  items: readonly ExceptionSummary[],
  action: Action,
  mute?: MuteRequest,
) => Promise<void> {
  const client = useQueryClient();
  const settle = async (): Promise<void> => {
    // Not the list: its rows stay where they are until the person asks for fresh ones.
    await client.invalidateQueries({
      predicate: ({ queryKey }) =>
        queryKey[0] === 'services' || (queryKey[0] === 'exceptions' && queryKey[1] !== 'list'),
    });
  };

  return async (items, action, mute) => {
    if (items.length === 0) return;
    const before = items.map(({ id, status }) => ({ id, status }));
    overrideStatus(before.map(({ id }) => ({ id, status: STATUS_AFTER[action] })));
    const what = items.length === 1 ? items[0]!.class : plural(items.length, 'exception');
    try {
      const tokens: string[] = [];
      for (let start = 0; start < items.length; start += ACTION_LIMIT) {
        const ids = items.slice(start, start + ACTION_LIMIT).map(({ id }) => id);
        const answer = await act({ ids, action, ...(mute === undefined ? {} : { mute }) });
        tokens.push(answer.undoToken);
      }
      const undo = async (): Promise<void> => {
        try {
          let affected = 0;
          for (const token of tokens) affected += (await undoAction(token)).affected;
          const isWhole = affected === before.length;
          if (isWhole) overrideStatus(before);
          announce(
            isWhole
              ? `${what}: undone`
              : `${what}: ${affected} of ${before.length} undone; the others have changed since`,
            { failed: !isWhole },
          );
        } catch (error) {
          announce(`${what}: could not be undone. ${messageOf(error)}`, { failed: true });
        }
        await settle();
      };
      announce(`${what} ${DONE[action]}`, { undo });
    } catch (error) {
      overrideStatus(before);
      announce(`${what} could not be ${DONE[action]}. ${messageOf(error)}`, { failed: true });
    }
    await settle();
  };
}

/** Tells of something in the bar at the bottom. */
export function announce(text: string, { failed = false, undo = null as Notice['undo'] } = {}): void {
  show({ id: nextId, text, failed, undo });
  nextId += 1;
}

function show(next: Notice | null): void {
  notice = next;
  for (const listener of listeners) listener();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
