import { HttpError } from '@binnacle/service-kit';
import type { Backend } from './apiProxy.ts';

/** Every refusal of the dashboard's own server, with its stable code. */
export const errors = {
  backendUnreachable: ({ name, prefix, url }: Backend, cause: string) =>
    new HttpError(
      502,
      'DASHBOARD_BACKEND_UNREACHABLE',
      `${name} at ${url} does not answer: ${cause}. Is it running? Its address is the flag --${prefix.split('/').at(-1)}.url.`,
    ),
  backendTimeout: (name: string, url: string, seconds: number) =>
    new HttpError(504, 'DASHBOARD_BACKEND_TIMEOUT', `${name} at ${url} gave no answer within ${seconds} s.`),
  backendAbsent: (name: string, flagName: string) =>
    new HttpError(
      404,
      'DASHBOARD_BACKEND_ABSENT',
      `this dashboard has no ${name}; start it with --${flagName} to give it one.`,
    ),
  crossSite: () =>
    new HttpError(
      403,
      'DASHBOARD_CROSS_SITE',
      'this request changes something and came from a page of another site; send it from the dashboard, or without a browser.',
    ),
  notForwarded: (path: string) =>
    new HttpError(
      404,
      'DASHBOARD_NOT_FORWARDED',
      `${path} is for operators and is not reachable through the dashboard; call the server itself.`,
    ),
  noAsset: (path: string) =>
    new HttpError(404, 'DASHBOARD_NO_ASSET', `no file ${path}. After an update, reload the page.`),
  notBuilt: (folder: string) =>
    new Error(
      `the pages are not built: ${folder} has no index.html. Run "npm run build -w apps/dashboard", or start with --dev.`,
    ),
} as const;
