/** What connects a Node service. */
export const NODE_SNIPPET = `import { createServer } from 'node:http';
import { createExceptionCollector } from '@binnacle/exception-client';

const exceptions = createExceptionCollector({ service: 'my-service', version: '1.0.0' });
exceptions.captureProcessErrors();
createServer(exceptions.handler).listen(9464); // serves /-/exceptions
try { work(); } catch (error) { exceptions.report(error); }`;

/** The same service as a target; Periskop's configuration works as well. */
export const TARGET_SNIPPET = `services:
  - name: my-service
    static_configs:
      - targets: ['127.0.0.1:9464']
    scraper:
      endpoint: /-/exceptions
      refresh_interval: 10s`;

/** An export of a client with one exception, in Periskop's format. `random` makes its identities. */
export function exampleExport(now: Date, random: Uint8Array) {
  const hex = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const uuid = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  return {
    target_uuid: uuid,
    aggregated_errors: [
      {
        aggregation_key: 'TestError@1',
        total_count: 1,
        severity: 'error',
        created_at: now.toISOString(),
        latest_errors: [
          {
            error: {
              class: 'TestError',
              message: 'a first exception',
              stacktrace: ['    at demo (demo.ts:1:1)'],
              cause: null,
            },
            uuid,
            timestamp: now.toISOString(),
            severity: 'error',
            http_context: null,
          },
        ],
      },
    ],
  };
}
