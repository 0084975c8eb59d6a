import type { ServiceApp } from '@binnacle/service-kit';
import { ExceptionServerError } from '../errors.ts';
import type { Action } from '../lifecycle/actions.ts';
import type { Dependencies } from './dependencies.ts';
import { isoMs, timeOf } from './requests.ts';
import * as schemas from './schemas.ts';

/** Changing exceptions, many at a time, and taking it back. */
export function actionRoutes(app: ServiceApp, { actions, now }: Dependencies): void {
  app.post(
    '/api/v1/exceptions/actions',
    {
      schema: {
        summary: 'Resolve, reopen, mute or unmute exceptions',
        body: schemas.actionBody,
        response: { 200: schemas.actionAnswer },
      },
    },
    async ({ body }) => {
      const result = await actions.run(body.ids, actionOf(body, now()), body.by ?? '', now());
      return { affected: result.affected, undoToken: result.undoToken, undoUntil: isoMs(result.undoUntilMs) };
    },
  );

  app.post(
    '/api/v1/exceptions/actions/undo',
    {
      schema: {
        summary: 'Take an action back',
        body: schemas.undoBody,
        response: { 200: schemas.undoAnswer },
      },
    },
    async ({ body }) => ({ affected: await actions.undo(body.undoToken, body.by ?? '', now()) }),
  );
}

function actionOf({ action, mute }: schemas.ActionBody, nowMs: number): Action {
  if (action !== 'mute') {
    if (mute === undefined) return { kind: action };
    throw new ExceptionServerError(
      'EXCEPTIONS_BAD_REQUEST',
      `mute: only for the action mute, not for ${action}`,
    );
  }
  const untilMs = timeOf(mute?.until);
  if (untilMs !== undefined && untilMs <= nowMs) {
    throw new ExceptionServerError('EXCEPTIONS_BAD_REQUEST', 'mute.until: expected a time in the future');
  }
  return {
    kind: 'mute',
    ...(untilMs !== undefined && { untilMs }),
    ...(mute?.count !== undefined && { count: mute.count }),
    ...(mute?.newVersion === true && { newVersion: true }),
  };
}
