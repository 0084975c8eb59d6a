import type { ServiceState, TargetState } from '../aggregate/serviceState.ts';
import type { Database } from './schema.ts';

/** Forgets targets and their watermarks; what they counted stays in the totals. Runs alone for its service. */
export async function deleteTargets(
  db: Database,
  service: ServiceState,
  targets: readonly TargetState[],
): Promise<void> {
  for (const { identity } of targets) service.targets.delete(identity);
  const ids = targets.map(({ id }) => id);
  await db.transaction().execute(async (trx) => {
    for (let start = 0; start < ids.length; start += 1000) {
      const some = ids.slice(start, start + 1000);
      await trx.deleteFrom('marks').where('target_id', 'in', some).execute();
      await trx.deleteFrom('targets').where('id', 'in', some).execute();
    }
  });
}
