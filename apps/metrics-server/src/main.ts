import { runService } from '@binnacle/service-kit';
import { metricsServer } from './service.ts';

await runService(metricsServer);
