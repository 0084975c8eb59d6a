import { runService } from '@binnacle/service-kit';
import { withPeriskopFlags } from './periskopFlags.ts';
import { exceptionServer } from './service.ts';

process.argv.splice(2, Infinity, ...withPeriskopFlags(process.argv.slice(2), process.env));
await runService(exceptionServer);
