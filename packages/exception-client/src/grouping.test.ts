import { describe, expect, it } from 'vitest';
import { createExceptionCollector } from './index.ts';

/** The key of each of these, in one collector of an application in `/srv/app`. */
function keysOf(...thrown: unknown[]): string[] {
  return thrown.map((one) => {
    const collector = createExceptionCollector({ service: 'shop', appRoot: '/srv/app' });
    collector.report(one);
    return collector.export().aggregated_errors[0]!.aggregation_key;
  });
}

function errorAt(frames: string[], message = 'm', name = 'Error'): Error {
  const error = new Error(message);
  error.name = name;
  error.stack = [`${name}: ${message}`, ...frames.map((frame) => `    at ${frame}`)].join('\n');
  return error;
}

function expectSame(...thrown: unknown[]): void {
  expect(new Set(keysOf(...thrown)).size).toBe(1);
}

function expectApart(...thrown: unknown[]): void {
  expect(new Set(keysOf(...thrown)).size).toBe(thrown.length);
}

const LOAD = 'load (/srv/app/src/orders.js:10:5)';
const MAIN = 'main (/srv/app/src/main.js:3:1)';

describe('errors are one', () => {
  it('whatever the message', () => {
    expectSame(errorAt([LOAD], 'order 1'), errorAt([LOAD], 'order 2'), errorAt([LOAD], ''));
  });

  it('also when the message has many lines, or lines that look like frames', () => {
    const fake = 'm\n    at fake (/srv/app/src/fake.js:1:1)';
    expectSame(errorAt([LOAD], fake), errorAt([LOAD], 'one\ntwo\n'), errorAt([LOAD]));
  });

  it('also when the message or the name changed after the stack was made', () => {
    const changed = errorAt([LOAD], 'before');
    changed.message = 'after: something else';
    const renamed = errorAt([LOAD], 'before', 'TypeError');
    renamed.name = 'Error';
    expectSame(changed, renamed, errorAt([LOAD]));
  });

  it('wherever the lines of named functions have moved to', () => {
    expectSame(errorAt([LOAD, MAIN]), errorAt(['load (/srv/app/src/orders.js:99:1)', MAIN]));
  });

  it('whichever frames of Node and of dependencies lie between', () => {
    expectSame(
      errorAt([LOAD, MAIN]),
      errorAt(['JSON.parse (<anonymous>)', LOAD, 'next (/srv/app/node_modules/express/router.js:1:1)', MAIN]),
      errorAt([LOAD, 'process.processTicksAndRejections (node:internal/process/task_queues:1:1)', MAIN]),
    );
  });

  it('synchronous or not, and however deep a recursion is', () => {
    expectSame(errorAt([LOAD, MAIN]), errorAt([LOAD, LOAD, LOAD, `async ${MAIN}`]));
  });

  it('from whichever line of an anonymous caller', () => {
    expectSame(errorAt([LOAD, '/srv/app/src/routes.js:5:1']), errorAt([LOAD, '/srv/app/src/routes.js:50:1']));
  });
});

describe('errors are apart', () => {
  it('by class', () => {
    expectApart(errorAt([LOAD]), errorAt([LOAD], 'm', 'NotFound'));
  });

  it('by function and by file', () => {
    expectApart(
      errorAt([LOAD]),
      errorAt(['save (/srv/app/src/orders.js:10:5)']),
      errorAt(['load (/srv/app/src/users.js:10:5)']),
      errorAt([LOAD, MAIN]),
    );
  });

  it('by the line of an anonymous function that throws', () => {
    expectApart(errorAt(['/srv/app/src/routes.js:5:1']), errorAt(['/srv/app/src/routes.js:50:1']));
  });

  it('by the dependency, where the application is not on the stack', () => {
    const inDependency = (root: string): Error =>
      errorAt([`query (${root}/node_modules/pg/lib/client.js:1:1)`]);
    expectApart(inDependency('/srv/app'), errorAt(['read (/srv/app/node_modules/x/y.js:1:1)']));
    expectSame(inDependency('/srv/app'), inDependency('/elsewhere'));
  });

  it('by the frames of the first member, for an AggregateError without frames', () => {
    const failed = (frame: string): Error => {
      const error = new AggregateError([errorAt([frame])], 'all failed');
      error.stack = 'AggregateError: all failed';
      return error;
    };
    expectApart(failed(LOAD), failed(MAIN));
  });
});

it('groups an error of another realm like one of this', () => {
  const foreign = { name: 'Error', message: 'm', stack: errorAt([LOAD]).stack };
  const [own, other] = keysOf(errorAt([LOAD]), foreign);
  expect(other!.split('@')[1]).toBe(own!.split('@')[1]);
});

it('reads the stacks of Firefox and Safari, which have no header', () => {
  const browser = (stack: string): unknown => ({ name: 'Error', message: 'load', stack });
  expectSame(
    browser('load@https://a.example/x.js:1:2\nmain@https://a.example/x.js:3:4'),
    browser('load@https://b.example/x.js:9:9\nmain@https://b.example/x.js:9:9'),
  );
  expectApart(browser('load@https://a.example/x.js:1:2'), browser('save@https://a.example/x.js:1:2'));
});

it('forgets stacks it has not seen for long, and still groups them as before', () => {
  const collector = createExceptionCollector({ service: 'shop', maxKeys: 1e6, maxSamplesPerKey: 0 });
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 2_000; index++) collector.report(errorAt([`f${index} (/srv/app/a.js:1:1)`]));
  }
  const counts = collector.export().aggregated_errors.map(({ total_count }) => total_count);
  expect(counts).toEqual(Array(2_000).fill(2));
});
