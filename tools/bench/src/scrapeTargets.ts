import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One HTTP server that stands for any number of targets, each with the same series and values of its own. */
export class ScrapeTargets implements AsyncDisposable {
  readonly #server: Server;
  readonly #lines: readonly string[];
  readonly #startMs = Date.now();
  /** Scrapes answered so far. */
  served = 0;

  private constructor(series: number) {
    this.#lines = seriesLines(series);
    this.#server = createServer((request, response) => {
      const target = Number(request.url?.split('/')[2] ?? 0);
      this.served++;
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(this.#exposition(target));
    });
  }

  static async start(series: number): Promise<ScrapeTargets> {
    const targets = new ScrapeTargets(series);
    await new Promise<void>((resolve) => targets.#server.listen(0, '127.0.0.1', resolve));
    return targets;
  }

  /** A configuration in Prometheus's format that scrapes `count` targets. */
  config(count: number, intervalSeconds: number): string {
    const { port } = this.#server.address() as AddressInfo;
    const lines = Array.from(
      { length: count },
      (_, i) =>
        `      - targets: ['127.0.0.1:${port}']\n` +
        `        labels: { __metrics_path__: '/target/${i}', instance: 'host-${i}:9100' }\n`,
    );
    return (
      `global: { scrape_interval: ${intervalSeconds}s, scrape_timeout: ${intervalSeconds}s }\n` +
      `scrape_configs:\n  - job_name: bench\n    static_configs:\n${lines.join('')}`
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** Counters that grow by the second, and every tenth line a gauge with three decimals. */
  #exposition(target: number): string {
    const seconds = (Date.now() - this.#startMs) / 1000;
    return this.#lines
      .map((line, i) => {
        if (i % 10 === 9) return `${line} ${(40 + 10 * Math.sin(seconds / 7 + i + target)).toFixed(3)}\n`;
        return `${line} ${Math.floor(1000 * (target + 1) + (3 + (i % 40)) * seconds)}\n`;
      })
      .join('');
  }
}

function seriesLines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const family = Math.floor(i / 100);
    if (i % 10 === 9) return `app_gauge_${family}{shard="${i % 100}",zone="eu-west-1a"}`;
    const method = ['GET', 'POST', 'PUT', 'DELETE'][i % 4]!;
    return `app_requests_${family}_total{code="200",method="${method}",route="/api/v1/r${i % 100}"}`;
  });
}
