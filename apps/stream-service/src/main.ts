import { runService } from '@binnacle/service-kit';
import { streamService } from './service.ts';

await runService(streamService);
