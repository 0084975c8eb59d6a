import { FakeTarget } from './fakeTarget.ts';

/** A configuration that scrapes a target ten times a second. */
export function scrapingOf(target: FakeTarget, extra = ''): string {
  return `
scrape_configs:
  - job_name: shop
    scrape_interval: 100ms
    ${extra}
    static_configs: [{targets: ["${target.address}"]}]`;
}

/** Metrics of every type that can say when it began to count, a gauge whose name only looks like it, and `more`. */
export function createdText(createdSeconds: number, more = ''): string {
  return `# TYPE hits counter
hits_total{path="/"} 7
hits_created{path="/"} ${createdSeconds}
# TYPE took histogram
took_bucket{le="1"} 3
took_bucket{le="+Inf"} 4
took_count 4
took_sum 5
took_created ${createdSeconds}
# TYPE size summary
size{quantile="0.5"} 3
size_count 1
size_sum 3
size_created ${createdSeconds}
# TYPE depth gauge
depth_created 1
${more}# EOF
`;
}

/** A target that answers in OpenMetrics. */
export async function startOpenMetrics(text: string): Promise<FakeTarget> {
  const target = await FakeTarget.start(text);
  target.contentType = 'application/openmetrics-text; version=1.0.0';
  return target;
}
