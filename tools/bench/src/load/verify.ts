import type { HttpClient } from '../httpClient.ts';

const HOSTS_PER_QUERY = 1000;
const TOLERANCE = 1e-9;
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** What a server has of the samples that it acknowledged. */
export interface Stored {
  readonly samples: number;
  /** Hosts whose samples are not as many as were sent, or do not add up to them. */
  readonly wrongHosts: readonly string[];
}

/** Counts and adds up every stored sample of every host, metric by metric: functions over time drop the name. */
export async function storedSamples(
  client: HttpClient,
  hostSums: Float64Array,
  samplesPerHost: number,
  endMs: number,
): Promise<Stored> {
  const names = await writtenNames(client);
  let samples = 0;
  const wrongHosts: string[] = [];
  for (let from = 0; from < hostSums.length; from += HOSTS_PER_QUERY) {
    const length = Math.min(HOSTS_PER_QUERY, hostSums.length - from);
    const hosts = Array.from({ length }, (_, i) => `host-${from + i}:9100`);
    const counts = new Map<string, number>();
    const sums = new Map<string, number>();
    for (const name of names) {
      const selector = `${name}{job!="bench",instance=~${JSON.stringify(hosts.join('|'))}}[2h]`;
      addTo(counts, await vector(client, `sum by (instance) (count_over_time(${selector}))`, endMs));
      addTo(sums, await vector(client, `sum by (instance) (sum_over_time(${selector}))`, endMs));
    }
    for (const [i, host] of hosts.entries()) {
      const count = counts.get(host) ?? 0;
      const expected = hostSums[from + i]!;
      samples += count;
      const difference = Math.abs((sums.get(host) ?? 0) - expected);
      if (count !== samplesPerHost || !(difference <= TOLERANCE * Math.abs(expected))) wrongHosts.push(host);
    }
  }
  return { samples, wrongHosts };
}

/** What the server wrote about its scrapes: `up` is 1 for each that was well. */
export async function scrapeOutcome(client: HttpClient) {
  const now = Date.now();
  const total = (values: Map<string, number>): number =>
    [...values.values()].reduce((sum, one) => sum + one, 0);
  const scrapes = await vector(client, 'count_over_time(up{job="bench"}[2h])', now);
  const successes = await vector(client, 'sum_over_time(up{job="bench"}[2h])', now);
  const slowest = await vector(client, 'max_over_time(scrape_duration_seconds{job="bench"}[2h])', now);
  return {
    targets: scrapes.size,
    scrapes: total(scrapes),
    failed: total(scrapes) - total(successes),
    slowestSeconds: Math.max(...slowest.values()),
  };
}

/** Values of an instant query by their instance. */
async function vector(client: HttpClient, query: string, timeMs: number): Promise<Map<string, number>> {
  const params = new URLSearchParams({ query, time: String(timeMs / 1000) });
  const answer = JSON.parse(
    (await client.post('/api/v1/query', Buffer.from(params.toString()), FORM)).toString(),
  ) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } };
  return new Map(answer.data.result.map(({ metric, value }) => [metric['instance'] ?? '', Number(value[1])]));
}

async function writtenNames(client: HttpClient): Promise<string[]> {
  const params = new URLSearchParams({ 'match[]': '{__name__=~".+",job!="bench"}' });
  const answer = await client.get(`/api/v1/label/__name__/values?${params}`);
  return (JSON.parse(answer.toString()) as { data: string[] }).data;
}

function addTo(totals: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [key, value] of more) totals.set(key, (totals.get(key) ?? 0) + value);
}
