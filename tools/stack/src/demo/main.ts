import { parseArgs } from 'node:util';
import { billing } from './billing.ts';
import { gateway } from './gateway.ts';
import { runDemoService, type DemoService } from './runDemoService.ts';
import { search } from './search.ts';
import { timeline } from './timeline.ts';
import { tracks } from './tracks.ts';

const services: Record<string, DemoService> = { billing, gateway, search, timeline, tracks };

const { values } = parseArgs({
  options: {
    service: { type: 'string' },
    port: { type: 'string' },
    version: { type: 'string' },
    seed: { type: 'string', default: '42' },
    /** `name=url` of every instance of the services that this one may call. */
    peer: { type: 'string', multiple: true, default: [] },
    'events.url': { type: 'string', default: '' },
    'events.kafka-brokers': { type: 'string', default: '' },
    'deployed-from': { type: 'string' },
  },
});
const service = services[values.service ?? ''];
if (service === undefined || values.port === undefined || values.version === undefined) {
  throw new Error(`expected --service (one of ${Object.keys(services).join(', ')}), --port and --version`);
}
const peers = Map.groupBy(
  values.peer.map((entry) => entry.split('=', 2) as [string, string]),
  ([name]) => name,
);
await runDemoService(service, {
  port: Number(values.port),
  version: values.version,
  seed: Number(values.seed),
  events: { url: values['events.url'], kafkaBrokers: values['events.kafka-brokers'] },
  deployedFrom: values['deployed-from'],
  peers: new Map([...peers].map(([name, entries]) => [name, entries.map(([, url]) => url)])),
});
