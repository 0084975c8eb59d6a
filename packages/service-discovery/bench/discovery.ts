// Cost of relabeling and of a large pool, in CPU time: node -C @binnacle/source bench/discovery.ts
import { Labels } from '@binnacle/model';
import { compileRelabels, createTargetPool, relabel } from '../src/index.ts';

const series = Labels.from({
  __name__: 'http_requests_total',
  code: '200',
  handler: '/api/v1/query_range',
  instance: '10.0.0.1:9090',
  job: 'api',
  method: 'get',
});
const lists = {
  'drop by name': [{ action: 'drop', source_labels: ['__name__'], regex: 'go_.*|process_.*' }],
  labeldrop: [{ action: 'labeldrop', regex: 'pod_template_.*' }],
  'copy a label': [{ source_labels: ['instance'], target_label: 'host' }],
  'cut the port off': [{ source_labels: ['instance'], regex: '(.*):\\d+', target_label: 'host' }],
  hashmod: [{ action: 'hashmod', source_labels: ['instance'], modulus: 8, target_label: '__tmp' }],
};

for (const [name, configs] of Object.entries(lists)) {
  const compiled = compileRelabels(configs);
  const rounds = 200_000;
  const run = (): void => {
    for (let i = 0; i < rounds; i++) relabel(series, compiled);
  };
  run();
  console.log(`relabel, ${name}: ${((cpuMs(run) * 1000) / rounds).toFixed(2)} us`);
}

const targets = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}:9100`);
const config = {
  static_configs: [{ targets, labels: { team: 'a' } }],
  relabel_configs: Object.values(lists).flat(),
};
const pool = createTargetPool({ name: 'api', config });
console.log(`pool, ${targets.length} targets and 5 rules: ${cpuMs(() => void pool.start()).toFixed(0)} ms`);

function cpuMs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
