import 'uplot/dist/uPlot.min.css';
import { useLayoutEffect, useRef } from 'react';
import uPlot from 'uplot';
import { themeColour, onThemeChange } from './themeColour.ts';

/** One line of a chart. */
export interface CanvasLine {
  /** A CSS colour, custom properties included. */
  readonly colour: string;
  readonly dash: '' | '6 3' | '2 3';
  readonly shown: boolean;
  readonly values: readonly (number | null)[];
}

/** What is drawn: lines over times (epoch milliseconds), on the ends of both axes. */
export interface CanvasData {
  readonly times: readonly number[];
  readonly lines: readonly CanvasLine[];
  readonly from: number;
  readonly to: number;
  readonly min: number;
  readonly max: number;
}

/**
 * The lines of a chart, on a canvas of uPlot that fills its parent. Axes, cursor and legend belong to the page, so
 * that pointing at the chart never draws the canvas again.
 */
export default function LineCanvas({
  data,
  width,
  height,
}: {
  readonly data: CanvasData;
  readonly width: number;
  readonly height: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(data);
  // Another set of lines needs another chart; other points on the same lines do not.
  const look = data.lines.map(({ colour, dash }) => `${colour} ${dash}`).join(';');

  useLayoutEffect(() => {
    latest.current = data;
  });
  useLayoutEffect(() => {
    const chart = new uPlot(optionsFor(latest, width, height), aligned(latest.current), place.current!);
    plot.current = chart;
    const forget = onThemeChange(() => chart.redraw(false));
    return () => {
      forget();
      plot.current = null;
      chart.destroy();
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- size has an effect of its own
  }, [look]);
  useLayoutEffect(() => {
    plot.current?.setSize({ width, height });
  }, [width, height]);
  useLayoutEffect(() => {
    const chart = plot.current!;
    chart.batch(() => {
      data.lines.forEach(({ shown }, index) => {
        if (chart.series[index + 1]!.show !== shown) chart.setSeries(index + 1, { show: shown });
      });
      chart.setData(aligned(data));
    });
  }, [data, look]);
  return <div ref={place} aria-hidden="true" />;
}

function optionsFor(latest: { readonly current: CanvasData }, width: number, height: number): uPlot.Options {
  return {
    width,
    height,
    ms: 1,
    padding: [0, 0, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    // Fading the other lines would draw all of them again at every move.
    focus: { alpha: 1 },
    axes: [{ show: false }, { show: false }],
    scales: {
      x: { time: true, range: () => [latest.current.from, latest.current.to] },
      y: { range: () => [latest.current.min, latest.current.max] },
    },
    series: [
      {},
      ...latest.current.lines.map(({ colour, dash, shown }) => ({
        show: shown,
        stroke: () => themeColour(colour),
        width: 1.5,
        spanGaps: false,
        ...(dash === '' ? {} : { dash: dash.split(' ').map(Number) }),
        points: { show: true, size: 4, filter: lonePoints },
      })),
    ],
  };
}

/** A line needs two neighbours; a point between two gaps is drawn as a point. */
const lonePoints: uPlot.Series.Points.Filter = (chart, series) => {
  const values = chart.data[series]!;
  const found: number[] = [];
  const isGap = (index: number): boolean => (values[index] ?? null) === null;
  for (let index = 0; index < values.length; index += 1) {
    if (!isGap(index) && isGap(index - 1) && isGap(index + 1)) found.push(index);
  }
  return found;
};

function aligned({ times, lines }: CanvasData): uPlot.AlignedData {
  return [times as number[], ...lines.map(({ values }) => values as (number | null)[])];
}
