import { expect, it } from 'vitest';
import { withPeriskopFlags } from './periskopFlags.ts';

it.each([
  [
    ['-port', '8080', '-config', '/etc/periskop/periskop.yaml'],
    {},
    ['--web.listen-address=:8080', '--config.file=/etc/periskop/periskop.yaml'],
  ],
  [['--port=8080', '--log.level=debug'], {}, ['--web.listen-address=:8080', '--log.level=debug']],
  [[], { PORT: '1', CONFIG_FILE: 'a' }, ['--web.listen-address=:1', '--config.file=a']],
  [
    ['--config.file=b', '--web.listen-address=x'],
    { PORT: '1', CONFIG_FILE: 'a' },
    ['--config.file=b', '--web.listen-address=x'],
  ],
  [['-port', '2'], { PORT: '1' }, ['--web.listen-address=:2']],
  [[], { PORT: '' }, []],
])('%j with %j', (argv, environment, expected) => {
  expect(withPeriskopFlags(argv, environment)).toEqual(expected);
});
