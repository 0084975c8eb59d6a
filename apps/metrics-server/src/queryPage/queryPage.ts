import { readFileSync } from 'node:fs';
import type { ServiceApp } from '@binnacle/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from '../routes/dependencies.ts';

/** Files of the page, which the build puts beside the server's bundle, and their types. */
const ASSETS = {
  'query.css': 'text/css; charset=utf-8',
  'query.js': 'text/javascript; charset=utf-8',
  'graph.js': 'text/javascript; charset=utf-8',
  'scale.js': 'text/javascript; charset=utf-8',
  'state.js': 'text/javascript; charset=utf-8',
  'table.js': 'text/javascript; charset=utf-8',
} as const;

/** Everything comes from this server, and nothing may stand in a frame. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; " +
  "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/**
 * `/query`, a page to try queries on for those who run this server alone; `/` and `/graph`, the address of every
 * alert's source, lead there with their parameters.
 */
export function queryPage(app: ServiceApp, { externalUrl, flags }: Dependencies): void {
  const page = assetText('query.html')
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
  for (const [name, type] of Object.entries(ASSETS)) {
    const text = assetText(name);
    app.get(`/query/${name}`, async (_request, reply) =>
      reply
        .headers({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-cache' })
        .type(type)
        .send(text),
    );
  }
}

function assetText(name: string): string {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8');
}

/** The path of the URL that people reach this server under, without a slash at its end. */
function pathOf(url: string): string {
  return URL.parse(url)?.pathname.replace(/\/+$/, '') ?? '';
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
