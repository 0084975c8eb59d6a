import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from '../routes/dependencies.ts';

const SCRIPT = 'text/javascript; charset=utf-8';

/** Files of the page, which the build puts beside the server's bundle, and their types. */
const PAGE = new URL('./assets/query.html', import.meta.url);
const ASSETS: readonly (readonly [URL, string])[] = [
  [new URL('./assets/query.css', import.meta.url), 'text/css; charset=utf-8'],
  [new URL('./assets/query.js', import.meta.url), SCRIPT],
  [new URL('./assets/graph.js', import.meta.url), SCRIPT],
  [new URL('./assets/scale.js', import.meta.url), SCRIPT],
  [new URL('./assets/state.js', import.meta.url), SCRIPT],
  [new URL('./assets/table.js', import.meta.url), SCRIPT],
];

/** Everything comes from this server, and nothing may stand in a frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * `/query`, a page to try queries on for those who run this server alone; `/` and `/graph`, the address of every
 * alert's source, lead there with their parameters.
 */
export function queryPage(app: ServiceApp, { externalUrl, flags }: Dependencies): void {
  const page = readFileSync(PAGE, 'utf8')
    .replaceAll('PAGE_TITLE', escapeHtml(flags['web.page-title']))
    .replaceAll('DASHBOARD_URL', escapeHtml(flags['web.dashboard-url']));

  const redirect = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const at = request.url.indexOf('?');
    const parameters = at < 0 ? '' : request.url.slice(at);
    return reply.redirect(`${pathOf(externalUrl())}/query${parameters}`, 302);
  };
  app.get('/', redirect);
  app.get('/graph', redirect);

  app.get('/query', async (_request, reply) => {
    // One that the web configuration file has stands above ours.
    if (!reply.hasHeader('content-security-policy')) reply.header('content-security-policy', POLICY);
    return reply
      .headers({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' })
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(page);
  });
  for (const [file, type] of ASSETS) {
    const text = readFileSync(file, 'utf8');
    app.get(`/query/${basename(file.pathname)}`, async (_request, reply) =>
      reply
        .headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' })
        .type(type)
        .send(text),
    );
  }
}

/** The path of the URL that people reach this server under, without a slash at its end. */
function pathOf(url: string): string {
  return URL.parse(url)?.pathname.replace(/\/+$/, '') ?? '';
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
