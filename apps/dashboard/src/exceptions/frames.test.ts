import { describe, expect, test } from 'vitest';
import { groupFrames, readFrames } from './frames.ts';

const NODE = [
  "TypeError: Cannot read properties of undefined (reading 'id')",
  '    at TrackMapper.fromRow (file:///srv/tracks/src/trackMapper.ts:41:17)',
  '    at async Object.handler (/srv/tracks/node_modules/fastify/lib/handleRequest.js:88:20)',
  '    at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  '    at /srv/tracks/src/server.ts:12:3',
  '    at new Promise (<anonymous>)',
];

const PYTHON = [
  'Traceback (most recent call last):',
  '  File "/srv/app/faulty.py", line 42, in faulty_json',
  "    return json.loads('{')",
  '           ^^^^^^^^^^^^^^^',
  '  File "/usr/lib/python3.11/json/decoder.py", line 355, in raw_decode',
  '    raise JSONDecodeError("Expecting value", s, err.value) from None',
  'json.decoder.JSONDecodeError: Expecting value: line 1 column 7 (char 6)',
];

const GO = [
  '/src/billing/charge.go:57',
  '\tmain.charge: return gateway.Send(ctx, invoice)',
  '/usr/local/go/src/net/http/server.go:2136',
  '\tnet/http.HandlerFunc.ServeHTTP: f(w, r)',
  '/root/go/pkg/mod/github.com/lib/pq@v1.10.9/conn.go:81',
];

const JVM = [
  'com.soundwave.search.IndexReader.open(IndexReader.scala:88)',
  'scala.concurrent.Future$.$anonfun$apply$1(Future.scala:687)',
  'java.base/java.lang.Thread.run(Thread.java:1583)',
  '\tat com.soundwave.search.Main$.main(Main.scala:12)',
];

const RUBY = [
  "/srv/app/models/user.rb:12:in `find'",
  "/usr/lib/ruby/gems/3.1.0/gems/rack-2.2.6/lib/rack/head.rb:12:in `call'",
];

describe('readFrames', () => {
  test.each([
    ['Node', NODE, ['text', 'in-app', 'framework', 'framework', 'in-app', 'framework']],
    ['Python', PYTHON, ['text', 'in-app', 'framework', 'text']],
    ['Go', GO, ['in-app', 'framework', 'framework']],
    ['the JVM', JVM, ['in-app', 'framework', 'framework', 'in-app']],
    ['Ruby', RUBY, ['in-app', 'framework']],
    ['Firefox', ['send@https://app.example/src/api.js:3:9'], ['in-app']],
  ])('tells frames of %s apart', (_, trace, kinds) => {
    expect(readFrames(trace).map((frame) => frame.kind)).toEqual(kinds);
  });

  test.each([[NODE], [PYTHON], [GO], [JVM], [RUBY], [['', 'no trace at all', '\t\t']]])(
    'loses no line',
    (trace) => {
      expect(readFrames(trace).flatMap((frame) => frame.lines)).toEqual(trace);
    },
  );

  test('names call and place', () => {
    const [, node] = readFrames(NODE);
    expect(node).toMatchObject({
      call: 'TrackMapper.fromRow',
      location: 'file:///srv/tracks/src/trackMapper.ts:41:17',
    });
    const [, python] = readFrames(PYTHON);
    expect(python).toMatchObject({ call: 'faulty_json', location: '/srv/app/faulty.py:42' });
    expect(python!.lines).toHaveLength(3);
    expect(readFrames(GO)[0]).toMatchObject({ location: '/src/billing/charge.go:57' });
  });

  test('a line with embedded newlines is read line by line', () => {
    expect(readFrames([NODE.join('\n')])).toEqual(readFrames(NODE));
  });
});

describe('groupFrames', () => {
  test('folds neighbouring framework frames into one group', () => {
    expect(groupFrames(readFrames(NODE)).map((group) => [group.kind, group.frames.length])).toEqual([
      ['text', 1],
      ['in-app', 1],
      ['framework', 2],
      ['in-app', 1],
      ['framework', 1],
    ]);
  });

  test('a trace of framework frames alone is shown whole', () => {
    const groups = groupFrames(readFrames(NODE.slice(2, 4)));
    expect(groups.map((group) => group.kind)).toEqual(['in-app']);
  });
});

test('a hostile line does not hang the reader', () => {
  const started = process.cpuUsage();
  readFrames([
    `    at ${'a.'.repeat(20_000)}(`,
    `File "${'"'.repeat(20_000)}`,
    `${'a/'.repeat(20_000)}(x`,
    ':1'.repeat(20_000),
  ]);
  expect(process.cpuUsage(started).user / 1000).toBeLessThan(2000);
});
