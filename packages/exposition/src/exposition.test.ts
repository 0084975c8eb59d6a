import { execFileSync } from 'node:child_process';
import { formatGoFloat, Labels, type FloatHistogram } from '@binnacle/model';
import { ProtoWriter } from '@binnacle/remote-protocol';
import { describeWith, freePort, startProcess } from '@binnacle/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acceptHeader,
  ExpositionError,
  formatOf,
  negotiateText,
  ProtobufParser,
  TextParser,
  writeOpenMetrics,
  writeText,
  type ExpositionHandler,
} from './index.ts';

/** Keeps everything, in the words of the test. */
class Recorder implements ExpositionHandler {
  readonly seriesList: Labels[] = [];
  readonly samples: [string, number, number][] = [];
  readonly exemplars: [string, string, number, number][] = [];
  readonly histograms: [string, FloatHistogram][] = [];
  readonly metadataList: string[] = [];
  readonly createdList: number[] = [];
  readonly emptyNames: (readonly string[])[] = [];

  metadata(family: string, kind: string, text: string): void {
    this.metadataList.push(`${family} ${kind} ${text}`);
  }
  series(labels: Labels, emptyNames: readonly string[] = []): number {
    this.emptyNames.push(emptyNames);
    return this.seriesList.push(labels) - 1;
  }
  sample(ref: number, value: number, timestampMs: number): void {
    this.samples.push([this.seriesList[ref]!.toString(), value, timestampMs]);
  }
  exemplar(ref: number, labels: Labels, value: number, timestampMs: number): void {
    this.exemplars.push([this.seriesList[ref]!.toString(), labels.toString(), value, timestampMs]);
  }
  histogram(ref: number, histogram: FloatHistogram): void {
    this.histograms.push([this.seriesList[ref]!.toString(), histogram]);
  }
  created(_ref: number, createdMs: number): void {
    this.createdList.push(createdMs);
  }
}

function parse(
  text: string,
  openMetrics = false,
  parser = new TextParser(),
  recorder = new Recorder(),
): Recorder {
  parser.parse(Buffer.from(text), openMetrics, recorder);
  return recorder;
}

describe('the text formats', () => {
  it('are read with everything that they allow', () => {
    const read = parse(
      [
        '# HELP http_requests_total The \\\\ total\\nof requests.',
        '# TYPE http_requests_total counter',
        'http_requests_total{method="post",code="200"} 1027 1395066363000',
        '  http_requests_total { method = "a\\"b\\\\c\\nd" , } 3',
        '# a comment',
        '',
        'bare 12.47\r',
        'signs{} -1e3',
        'special NaN',
        'more +Inf -5',
        '{"my.metric","la bel"="x"} 1',
        '{"__name__"="odd"} 2',
        '# TYPE h histogram',
        'h_bucket{le="1"} 1',
        '# TYPE s summary',
        's{quantile="0.5"} 1',
        's{quantile="1"} 1',
      ].join('\n'),
    );
    expect(read.metadataList).toContain('http_requests_total help The \\ total\nof requests.');
    expect(read.samples).toEqual([
      ['{__name__="http_requests_total", code="200", method="post"}', 1027, 1395066363000],
      ['{__name__="http_requests_total", method="a\\"b\\\\c\\nd"}', 3, NaN],
      ['{__name__="bare"}', 12.47, NaN],
      ['{__name__="signs"}', -1000, NaN],
      ['{__name__="special"}', NaN, NaN],
      ['{__name__="more"}', Infinity, -5],
      ['{__name__="my.metric", "la bel"="x"}', 1, NaN],
      ['{__name__="odd"}', 2, NaN],
      ['{__name__="h_bucket", le="1.0"}', 1, NaN],
      ['{__name__="s", quantile="0.5"}', 1, NaN],
      ['{__name__="s", quantile="1.0"}', 1, NaN],
    ]);
  });

  it.each([
    ['a', /line 1: expected a value/],
    ['a b', /expected a number, found "b"/],
    ['a{b="c"', /expected a value/],
    ['a{b=c} 1', /quoted label value/],
    ['a{b="1",b="2"} 1', /each label once/],
    ['a 1 1.5', /whole milliseconds/],
    ['a 1 2 3', /expected the end of the line/],
    ['{} 1', /expected a metric name/],
    ['1a 1', /expected a name/],
    ['ok 1\n# TYPE a nonsense', /line 2: expected a metric type/],
    ['<html>', /expected a/],
  ])('refuse %j and say where', (text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(ExpositionError);
  });

  it('tell of labels that are there with an empty value', () => {
    const read = parse('a{x="",y="1",z=""} 1\na{y="2"} 1\n');
    expect(read.seriesList.map(String)).toEqual(['{__name__="a", y="1"}', '{__name__="a", y="2"}']);
    expect(read.emptyNames).toEqual([['x', 'z'], []]);
    expect(() => parse('a{x="",x="1",x="2"} 1\n')).toThrow('each label once');
  });
});

describe('OpenMetrics', () => {
  it('is read with exemplars, seconds and its end', () => {
    const read = parse(
      '# TYPE a counter\n# UNIT a seconds\n# HELP a quoted \\"help\\"\na_total{x="# {"} 3 1.5 # {trace="7"} 0.5 1.25\na_created 1\n# EOF\n',
      true,
    );
    expect(read.samples[0]).toEqual(['{__name__="a_total", x="# {"}', 3, 1500]);
    expect(read.exemplars).toEqual([['{__name__="a_total", x="# {"}', '{trace="7"}', 0.5, 1250]]);
    expect(read.metadataList).toContain('a help quoted "help"');
  });

  it.each([
    ['a 1\n', /# EOF at the end/],
    ['a 1\n# EOF\nb 1\n', /nothing behind # EOF/],
    ['\n# EOF', /no empty line/],
    ['# comment\n# EOF', /expected TYPE, HELP, UNIT or EOF/],
    ['a 1 # {a="b"}\n# EOF', /expected an exemplar's value/],
    ['a 1 # 1\n# EOF', /labels of an exemplar/],
  ])('refuses %j', (text, message) => {
    expect(() => parse(text, true)).toThrow(message);
  });
});

describe('scrape after scrape', () => {
  const value = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0.1, 1e300, -0));
  const name = fc.constantFrom('a', 'a_total', 'b', 'a:b');
  const labelText = fc.string({
    maxLength: 6,
    unit: fc.constantFrom('x', '"', '\\', '\n', '}', ' ', '#', 'é'),
  });
  const sample = fc.tuple(name, fc.dictionary(fc.constantFrom('l', 'm'), labelText), value);
  const scrape = fc.uniqueArray(sample, {
    maxLength: 8,
    selector: ([n, l]) => Labels.from({ ...l, __name__: n }).key,
  });

  it('reads the same as a parser without a memory, whatever comes, goes and moves', () => {
    fc.assert(
      fc.property(fc.array(scrape, { maxLength: 6 }), fc.boolean(), (scrapes, openMetrics) => {
        const parser = new TextParser();
        const recorder = new Recorder();
        for (const samples of scrapes) {
          const outgoing = samples.map(([n, l, v]) => ({
            name: n,
            samples: [{ labels: Labels.from({ ...l, __name__: n }), value: v }],
          }));
          const before = recorder.samples.length;
          parse(
            openMetrics ? writeOpenMetrics(outgoing) : writeText(outgoing),
            openMetrics,
            parser,
            recorder,
          );
          const expected = samples.map(([n, l, v]) => [
            Labels.from({ ...l, __name__: n }).toString(),
            v,
            NaN,
          ]);
          expect(recorder.samples.slice(before)).toEqual(expected);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('asks for a series only once while it stays', () => {
    const parser = new TextParser();
    const recorder = new Recorder();
    for (const text of ['a 1\nb 2\nc 3\n', 'a 1\nb 2\nc 3\n', 'c 3\na 1\nb 2\n', 'b 1\n'])
      parse(text, false, parser, recorder);
    expect(recorder.seriesList).toHaveLength(3);
    parser.forget();
    parse('b 1\n', false, parser, recorder);
    expect(recorder.seriesList).toHaveLength(4);
  });

  it('is not misled by a line that begins with the text of another', () => {
    const parser = new TextParser();
    const recorder = new Recorder();
    for (const text of ['a 1\n', 'a {x="1"} 2\n', 'ab 3\n', 'a 4\n']) parse(text, false, parser, recorder);
    expect(recorder.samples.map(([series]) => series)).toEqual([
      '{__name__="a"}',
      '{__name__="a", x="1"}',
      '{__name__="ab"}',
      '{__name__="a"}',
    ]);
  });

  it('reads numbers exactly as Go does', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.double(), fc.float(), fc.integer(), fc.bigInt().map(Number)),
        fc.constantFrom('f', 'e', 'g'),
        (number, format) => {
          const [[, read]] = parse(`a ${formatGoFloat(number, format as 'f')}\n`).samples as [
            [string, number, number],
          ];
          expect(read).toBe(number);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('ends with its own error on any bytes at all', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.string({
        maxLength: 80,
        unit: fc.constantFrom('a', '{', '}', '"', '\\', '=', ',', ' ', '#', '1', '\n'),
      }),
    );
    fc.assert(
      fc.property(bytes, fc.boolean(), (body, openMetrics) => {
        try {
          new TextParser().parse(Buffer.from(body as string), openMetrics, new Recorder());
        } catch (error) {
          expect(error).toBeInstanceOf(ExpositionError);
        }
        try {
          new ProtobufParser().parse(Buffer.from(body as string), new Recorder());
        } catch (error) {
          expect(error).toBeInstanceOf(ExpositionError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

describe('protobuf', () => {
  it('carries classic and native histograms, created times and exemplars', () => {
    const span = message((w) => w.varintField(2, 2));
    const label = message((w) => {
      w.stringField(1, 'x');
      w.stringField(2, '1');
    });
    const exemplar = message((w) => {
      w.bytesField(1, label);
      w.doubleField(2, 0.5);
    });
    const histogram = message((w) => {
      w.varintField(1, 3);
      w.doubleField(2, 4.5);
      const bucket = new ProtoWriter();
      bucket.varintField(1, 2);
      bucket.doubleField(2, 1);
      bucket.bytesField(3, exemplar);
      w.bytesField(3, bucket.finish());
      w.sint64Field(5, 3);
      w.bytesField(12, span);
      w.sint64Field(13, 1);
      w.sint64Field(13, 1);
      w.bytesField(
        15,
        message((t) => t.varintField(1, 1700)),
      );
    });
    const family = message((w) => {
      w.stringField(1, 'h');
      w.varintField(3, 4);
      w.bytesField(
        4,
        message((m) => {
          m.bytesField(1, label);
          m.bytesField(7, histogram);
        }),
      );
    });
    const delimited = new ProtoWriter();
    delimited.varint(family.length);
    const body = Buffer.concat([delimited.finish(), family]);

    const native = new Recorder();
    new ProtobufParser().parse(body, native);
    expect(native.histograms[0]![0]).toBe('{__name__="h", x="1"}');
    expect(native.histograms[0]![1]).toMatchObject({
      schema: 3,
      count: 3,
      sum: 4.5,
      positiveBuckets: new Float64Array([1, 2]),
    });
    expect(native.createdList).toEqual([1_700_000]);
    expect(native.samples).toEqual([]);

    const both = new Recorder();
    new ProtobufParser({ alwaysClassicHistograms: true }).parse(body, both);
    expect(both.samples).toEqual([
      ['{__name__="h_count", x="1"}', 3, NaN],
      ['{__name__="h_sum", x="1"}', 4.5, NaN],
      ['{__name__="h_bucket", le="1.0", x="1"}', 2, NaN],
      ['{__name__="h_bucket", le="+Inf", x="1"}', 3, NaN],
    ]);
    expect(both.exemplars).toEqual([['{__name__="h_bucket", le="1.0", x="1"}', '{x="1"}', 0.5, NaN]]);
  });
});

describe('formats', () => {
  it('are asked for in order of preference and recognised', () => {
    expect(acceptHeader(['OpenMetricsText1.0.0', 'PrometheusText0.0.4'])).toBe(
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1',
    );
    expect(formatOf('text/plain; version=0.0.4; charset=utf-8')).toBe('PrometheusText0.0.4');
    expect(formatOf('application/openmetrics-text; version=1.0.0')).toBe('OpenMetricsText1.0.0');
    expect(() => formatOf('text/html')).toThrow(/fallback_scrape_protocol/);
    expect(formatOf('text/html', 'PrometheusText0.0.4')).toBe('PrometheusText0.0.4');
    expect(negotiateText('application/openmetrics-text;q=0.5,text/plain;q=0.3')).toBe('OpenMetricsText1.0.0');
    expect(negotiateText('*/*')).toBe('PrometheusText0.0.4');
  });
});

describeWith('prometheus', 'what is written, by promtool', () => {
  it('has nothing to say about it', () => {
    const text = writeText([
      {
        name: 'requests_total',
        type: 'counter',
        help: 'All "of" them\\\n.',
        samples: [{ labels: Labels.from({ __name__: 'requests_total', path: '/a"b\n' }), value: 1e21 }],
      },
    ]);
    expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
  });
});

describeWith('node-exporter', 'what a real node_exporter exposes', () => {
  it('is read whole, the same from text and from protobuf', async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}/metrics`;
    await using _exporter = await startProcess({
      command: 'prometheus-node-exporter',
      args: [`--web.listen-address=127.0.0.1:${port}`],
      readyUrl: url,
    });
    const get = async (accept: string): Promise<[Uint8Array, string]> => {
      const response = await fetch(url, { headers: { accept } });
      return [new Uint8Array(await response.arrayBuffer()), response.headers.get('content-type')!];
    };
    const [text, textType] = await get(acceptHeader(['PrometheusText0.0.4']));
    const fromText = new Recorder();
    new TextParser().parse(text, formatOf(textType).startsWith('Open'), fromText);
    const lines = Buffer.from(text)
      .toString()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(fromText.samples).toHaveLength(lines.length);

    const [protobuf, protobufType] = await get(acceptHeader(['PrometheusProto']));
    expect(formatOf(protobufType)).toBe('PrometheusProto');
    const fromProtobuf = new Recorder();
    new ProtobufParser().parse(protobuf, fromProtobuf);
    const names = (recorder: Recorder): string[] =>
      recorder.seriesList
        .map(String)
        .filter((one) => !one.includes('promhttp'))
        .sort();
    expect(names(fromProtobuf)).toEqual(names(fromText));
  });
});

function message(write: (writer: ProtoWriter) => void): Uint8Array {
  const writer = new ProtoWriter();
  write(writer);
  return writer.finish().slice();
}
