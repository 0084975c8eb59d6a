import { runService } from '@binnacle/service-kit';
import { dashboard } from './dashboard.ts';

await runService(dashboard());
