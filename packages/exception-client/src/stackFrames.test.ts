import { expect, it } from 'vitest';
import { pathsFrom, urlPath, type StablePath } from './stablePath.ts';
import { parseStackFrames } from './stackFrames.ts';

function shown(text: string, stablePath: StablePath = pathsFrom('/srv/app')): string[] {
  return parseStackFrames(text, stablePath).map(
    ({ name, file, line, isInApp }) => `${isInApp ? '' : 'lib '}${file} ${name || `line ${line}`}`,
  );
}

it.each([
  ['at load (/srv/app/src/orders.js:10:5)', 'src/orders.js load'],
  ['at Orders.load (/srv/app/src/orders.js:10:5)', 'src/orders.js Orders.load'],
  ['at new Orders (/srv/app/src/orders.js:10:5)', 'src/orders.js new Orders'],
  ['at Orders.load [as find] (/srv/app/src/orders.js:10:5)', 'src/orders.js Orders.load'],
  ['at async load (file:///srv/app/src/orders.js:10:5)', 'src/orders.js load'],
  ['at async file:///srv/app/src/orders.js:10:5', 'src/orders.js line 10'],
  ['at /srv/app/src/orders.js:10:5', 'src/orders.js line 10'],
  ['at Object.<anonymous> (/srv/app/src/orders.js:10:5)', 'src/orders.js line 10'],
  ['at Object.load (/srv/app/src/orders.js:10:5)', 'src/orders.js load'],
  ['at Module.load (file:///srv/app/src/orders.js:10:5)', 'src/orders.js load'],
  ['at load (/srv/app/my src (1)/orders.js:10:5)', 'my src (1)/orders.js load'],
  ['at load (file:///srv/app/my%20src/orders.js?v=3:10:5)', 'my src/orders.js load'],
  ['at load (/srv/shared/lib.js:10:5)', '../shared/lib.js load'],
  ['at eval (eval at load (/srv/app/src/orders.js:10:5), <anonymous>:1:7)', 'src/orders.js line 10'],
  ['at f (eval at <anonymous> (eval at load (/srv/app/src/a.js:9:5)), <anonymous>:1:22)', 'src/a.js line 9'],
  [
    'at Layer.handle (/srv/app/node_modules/express/lib/layer.js:95:5)',
    'lib express/lib/layer.js Layer.handle',
  ],
  ['at f (/srv/app/node_modules/.pnpm/a@1.2.3/node_modules/a/index.js:1:1)', 'lib a/index.js f'],
  ['at load (webpack://shop/./src/orders.ts:10:5)', './src/orders.ts load'],
])('reads the frame %s of V8', (line, expected) => {
  expect(shown(`    ${line}`)).toEqual([expected]);
});

it.each([
  'at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  'at node:internal/main/run_main_module:36:49',
  'at JSON.parse (<anonymous>)',
  'at Array.map (<anonymous>)',
  'at async Promise.all (index 0)',
  'at wasm://wasm/1234abcd:wasm-function[12]:0x1f',
  'at foo (native)',
  'a message that goes on: at load (/srv/app/src/orders.js:10:5) it said',
])('leaves out the line %s', (line) => {
  expect(shown(line)).toEqual([]);
});

it.each([
  ['load@https://shop.example/assets/orders.js:10:5', 'assets/orders.js load'],
  ['https://shop.example/assets/orders.js:10:5', 'assets/orders.js line 10'],
  ['global code@https://shop.example/assets/orders.js:10:5', 'assets/orders.js line 10'],
  ['promise callback*load@https://shop.example/assets/orders.js:10:5', 'assets/orders.js load'],
  ['load@https://cdn.example/assets/index-4f9ac21b.js?x=1#y:10:5', 'assets/index.js load'],
  ['load@https://cdn.example/assets/index-BX3k_9aZ.js:10:5', 'assets/index.js load'],
  ['load@https://cdn.example/assets/user-settings.js:10:5', 'assets/user-settings.js load'],
  ['anonymous@https://shop.example/a.js line 9 > eval:1:1', 'a.js line 9'],
])('reads the frame %s of Firefox and Safari', (line, expected) => {
  expect(shown(line, urlPath)).toEqual([expected]);
});

it('reads Windows paths like others', () => {
  const paths = pathsFrom('C:\\srv\\app');
  expect(shown('    at load (c:\\srv\\app\\src\\a.js:1:2)', paths)).toEqual(['src/a.js load']);
  expect(shown('    at load (file:///C:/srv/app/src/a.js:1:2)', paths)).toEqual(['src/a.js load']);
});

it('takes an application that is itself installed under node_modules for the application', () => {
  const paths = pathsFrom('/usr/lib/node_modules/shop');
  expect(shown('    at f (/usr/lib/node_modules/shop/main.js:1:2)', paths)).toEqual(['main.js f']);
  expect(shown('    at f (/usr/lib/node_modules/shop/node_modules/x/y.js:1:2)', paths)).toEqual([
    'lib x/y.js f',
  ]);
});
