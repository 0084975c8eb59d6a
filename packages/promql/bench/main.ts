import { Engine, encodeResponse, type Queryable } from '../src/index.ts';
import { END_MS, PROFILES, REQUESTS, type Request } from './profiles.ts';
import { buildStore } from './synthetic.ts';

/**
 * CPU time of the reference requests with their JSON, in process: `npm run bench -- s10k s100k hist`, all profiles
 * without arguments. Metadata requests are left to the benchmark over HTTP in tools/bench.
 */
const engine = new Engine();
const wanted = process.argv.slice(2);

for (const profile of PROFILES) {
  if (wanted.length > 0 && !wanted.includes(profile.name)) continue;
  const store = buildStore(profile);
  const spanSeconds = profile.samples * 15;
  let logSum = 0;
  console.log(
    `${profile.name}: ${profile.series} series x ${profile.samples} samples; CPU ms, median of the runs`,
  );
  for (const request of REQUESTS) {
    const { milliseconds, bytes, series } = measure(() => run(store, request, spanSeconds));
    logSum += Math.log(milliseconds);
    console.log(
      `  ${request.id.padEnd(26)}${milliseconds.toFixed(2).padStart(9)}  ${series} series, ${bytes} bytes`,
    );
  }
  console.log(
    `  geometric mean            ${Math.exp(logSum / REQUESTS.length)
      .toFixed(2)
      .padStart(9)}`,
  );
}

interface Answer {
  readonly bytes: number;
  readonly series: number;
}

function run(store: Queryable, request: Request, spanSeconds: number): Answer {
  const { query, range } = request;
  const result =
    range === undefined
      ? engine.instant(store, { query, timeMs: END_MS })
      : engine.range(store, {
          query,
          startMs: END_MS - Math.min(range[0], spanSeconds) * 1000,
          endMs: END_MS,
          stepMs: range[1] * 1000,
        });
  const { value } = result;
  const series = value.type === 'vector' || value.type === 'matrix' ? value.series.length : 1;
  return { bytes: encodeResponse(result).length, series };
}

/** Runs until there are 15 runs or two seconds have gone, the first three not counted. */
function measure(work: () => Answer): Answer & { readonly milliseconds: number } {
  const times: number[] = [];
  let answer: Answer = { bytes: 0, series: 0 };
  const deadline = performance.now() + 2000;
  for (let i = 0; i < 18 && (i < 5 || performance.now() < deadline); i++) {
    const before = process.cpuUsage();
    const wall = performance.now();
    answer = work();
    const elapsed = performance.now() - wall;
    const { user, system } = process.cpuUsage(before);
    // Below a millisecond the CPU clock is too coarse, and nothing else runs in between.
    if (i >= 3) times.push(elapsed < 2 ? elapsed : Math.min((user + system) / 1000, elapsed * 2));
  }
  times.sort((a, b) => a - b);
  return { ...answer, milliseconds: times[times.length >> 1]! };
}
