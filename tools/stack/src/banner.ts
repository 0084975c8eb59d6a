import type { DemoFleet } from './demoFleet.ts';
import type { Engines } from './engines.ts';
import type { StackOptions } from './options.ts';
import type { ServerUrls } from './servers.ts';

/** Says where everything is and what can be done now. */
export function printBanner(
  urls: ServerUrls,
  fleet: DemoFleet,
  engines: Engines,
  options: StackOptions,
  tookMs: number,
): void {
  const services = [...new Set(fleet.instances.map(({ service }) => service))];
  const demo = services.map((service) => `${service} :${fleet.of(service)[0]!.port}`).join('  ');
  const lines = [
    '',
    `  dashboard    ${urls.dashboard}   ready in ${(tookMs / 1000).toFixed(1)} s`,
    `  exceptions   ${urls.exceptions}/services/   Periskop's API; ours at ${urls.exceptions}/api/v1/openapi.json`,
    `  metrics      ${urls.metrics}/api/v1/query?query=up   Prometheus's API`,
    `  events       ${urls.events}/api/v1/streams   Roshi's API on /; ours below /api/v1`,
    `  demo         ${demo}   (${services.length} services, ${fleet.instances.length} instances, seed ${options.seed})`,
    ...engines.choices.map((sentence) => `  engine       ${sentence}`),
    ...urls.shifted.map((sentence) => `  note         ${sentence}`),
  ];
  if (!options.quiet) {
    lines.push(
      '',
      '  story        tracks 1.8.0 has just been deployed and it is not going well:',
      `               ${urls.dashboard}/exceptions?service=tracks`,
    );
    lines.push(
      process.stdin.isTTY
        ? '  keys         o open · d deploy tracks · e burst of errors · k kill an instance · q quit'
        : '  Ctrl-C or SIGTERM stops everything',
    );
  }
  console.log(`${lines.join('\n')}\n`);
}
