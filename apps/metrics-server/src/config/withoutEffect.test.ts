import { parseConfig } from '@binnacle/service-kit';
import { expect, it } from 'vitest';
import { configSchema } from './configSchema.ts';
import { keysWithoutEffect } from './withoutEffect.ts';

const check = (text: string): string[] => keysWithoutEffect(parseConfig('p.yml', text, configSchema));

it('names what an existing configuration has and this server does nothing with', () => {
  expect(
    check('alerting: {alertmanagers: [{static_configs: [{targets: [a]}]}]}\nruntime: {gogc: 75}'),
  ).toEqual([
    'alerting has no effect: alerts are evaluated and shown, not yet sent',
    'runtime.gogc has no effect: this program is not written in Go',
  ]);
  expect(check('remote_write: [{url: "http://a/", queue_config: {capacity: 5}}]')).toHaveLength(1);
  expect(check('storage: {tsdb: {chunk_encoding: {floats: xor2}, retention: {size: 5GB}}}')).toHaveLength(1);
  expect(check('global: {scrape_interval: 5s}\nscrape_configs: [{job_name: a}]')).toEqual([]);
});
