import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Run in a process of its own: many targets behind one port. `/<generation>/<changed share>/<service>/<target>`
 * answers a client export whose counts depend on the generation.
 */
const KEYS_PER_SERVICE = Number(process.argv[2]);
const KEYS_PER_TARGET = Number(process.argv[3]);
const SAMPLES = 2;

const STACK = Array.from(
  { length: 8 },
  (_, i) => `at handler${i} (/srv/app/src/routes/checkout/step${i}.ts:${i * 17}:12)`,
);

function exported(generation: number, share: number, service: number, target: number): string {
  const aggregates = Array.from({ length: KEYS_PER_TARGET }, (_, i) => {
    const key = (target * 50 + i) % KEYS_PER_SERVICE;
    const changes = i < KEYS_PER_TARGET * share;
    const count = SAMPLES + (changes ? generation : 0);
    return {
      aggregation_key: `Error${key % 40}@${key.toString(16)}`,
      total_count: count,
      severity: key % 9 === 0 ? 'warning' : 'error',
      created_at: '2026-01-01T00:00:00Z',
      latest_errors: Array.from({ length: SAMPLES }, (_unused, s) => ({
        error: {
          class: `Error${key % 40}`,
          message: `order ${key} of ${service} cannot be shipped`,
          stacktrace: STACK,
          cause: null,
        },
        uuid: `${service}-${target}-${key}-${count - s}`,
        timestamp: new Date(Date.now() - s * 1000).toISOString(),
        severity: 'error',
        http_context: null,
      })).toReversed(),
    };
  });
  return JSON.stringify({
    aggregated_errors: aggregates,
    target_uuid: `${service}-${target}`,
    version: `1.${target % 3}`,
  });
}

const answers = new Map<string, Buffer>();

const server = createServer((request, response) => {
  const url = request.url!;
  let answer = answers.get(url);
  if (answer === undefined) {
    const [, generation, share, service, target] = url.split('/').map(Number);
    answer = Buffer.from(exported(generation!, share!, service!, target!));
    answers.set(url, answer);
    if (answers.size > 2500) answers.delete(answers.keys().next().value!);
  }
  response.end(answer);
});
server.listen(0, '127.0.0.1', () => console.log(`port ${(server.address() as AddressInfo).port}`));
