import type { TSchema } from 'typebox';
import type { FlagDefinitions } from './flags/flagDefinitions.ts';
import type { ServiceDefinition } from './serviceDefinition.ts';
import { startService } from './startService.ts';

export async function runService<F extends FlagDefinitions, C extends TSchema>(
  definition: ServiceDefinition<F, C>,
): Promise<void> {
  await startService(definition, { argv: process.argv.slice(2) });
}
