import { fileURLToPath } from 'node:url';
import { EventRegistry } from '../registry.ts';
import { checkSchemas, publishSchema } from './gate.ts';

/** `npm run schemas:check`, and with `--write` `npm run schemas:write`, which keeps compatible new shapes. */
const folder = fileURLToPath(new URL('../../schemas', import.meta.url));
const { problems, unpublished } = checkSchemas(new EventRegistry().all(), folder);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length === 0 && process.argv.includes('--write')) {
  for (const definition of unpublished) process.stdout.write(`kept ${publishSchema(definition, folder)}\n`);
} else {
  for (const { type, version } of unpublished) {
    process.stderr.write(
      `${type} version ${version} has a shape that is not kept: run npm run schemas:write\n`,
    );
  }
  if (problems.length > 0 || unpublished.length > 0) process.exitCode = 1;
}
