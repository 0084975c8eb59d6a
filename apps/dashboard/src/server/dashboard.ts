import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { flag, type Flag, type FlagDefinitions, type ServiceDefinition } from '@binnacle/service-kit';
import type { TSchema } from 'typebox';
import packageJson from '../../package.json' with { type: 'json' };
import { proxyTo } from './apiProxy.ts';
import { answerReady } from './backendReady.ts';
import { serveDevPages } from './devPages.ts';
import { errors } from './errors.ts';
import { servePages } from './pages.ts';

const flags = {
  'exceptions.url': backendUrl('Address of exception-server.', 'http://127.0.0.1:9595'),
  'events.url': optionalBackendUrl(
    'Address of stream-service; empty where there is none, and the pages go without events.',
    'http://127.0.0.1:6302',
  ),
  'metrics.url': optionalBackendUrl(
    'Address of metrics-server, or of a Prometheus; empty where there is none, and the pages go without metrics.',
    'http://127.0.0.1:9090',
  ),
  dev: flag.boolean({
    help: 'Serve the pages from source through Vite, with hot reload. For work on the dashboard.',
  }),
} satisfies FlagDefinitions;

/** The dashboard's server: the pages of a folder, and the APIs behind them, on one origin. */
export const dashboard = (pagesFolder = publicFolder()): ServiceDefinition<typeof flags, TSchema> => ({
  name: 'dashboard',
  version: packageJson.version,
  description:
    'The dashboard over exceptions, metrics and events: serves the pages and forwards their requests.',
  defaultPort: 4000,
  flags,
  create: async ({ flags: values, shutdownSignal }) => {
    let closePages: () => Promise<void> = async () => undefined;
    return {
      register: async (app) => {
        await proxyTo(
          app,
          { name: 'exception-server', prefix: '/api/exceptions', url: values['exceptions.url'] },
          shutdownSignal,
        );
        const optional = [
          { name: 'metrics-server', prefix: '/api/metrics', url: values['metrics.url'], flag: 'metrics.url' },
          { name: 'stream-service', prefix: '/api/events', url: values['events.url'], flag: 'events.url' },
        ];
        for (const backend of optional) {
          answerReady(app, backend);
          if (backend.url !== '') await proxyTo(app, backend, shutdownSignal);
          else {
            app.all(`${backend.prefix}/*`, async () => {
              throw errors.backendAbsent(backend.name, backend.flag);
            });
          }
        }
        if (values.dev) closePages = await serveDevPages(app, join(import.meta.dirname, '../..'));
        else await servePages(app, pagesFolder);
      },
      stop: () => closePages(),
    };
  },
});

/** Beside the bundle in a build; in `dist` when the server runs from source. */
function publicFolder(): string {
  const beside = join(import.meta.dirname, 'public');
  return existsSync(beside) ? beside : join(import.meta.dirname, '../../dist/public');
}

function backendUrl(help: string, byDefault: string): Flag<string> {
  const text = flag.string({ help, default: byDefault, placeholder: 'url' });
  return {
    ...text,
    parse: (value) => {
      const url = URL.parse(value);
      if (url === null || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
        throw new Error(`expected a URL such as ${byDefault}; found ${JSON.stringify(value)}`);
      }
      return url.href.replace(/\/$/, '');
    },
  };
}

function optionalBackendUrl(help: string, byDefault: string): Flag<string> {
  const required = backendUrl(help, byDefault);
  return { ...required, parse: (value) => (value === '' ? '' : required.parse(value)) };
}
