import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  retainSearchParams,
} from '@tanstack/react-router';
import { SORTS, type ExceptionSort, type TargetHealth } from './api/types.ts';
import { validateStreamSearch, validateTimelineSearch } from './events/search.ts';
import { parseFilter, printFilter, toggleToken, valuesOf, type Field } from './exceptions/filter.ts';
import { GLOBAL_NAMES, validateGlobalSearch } from './globalSearch.ts';
import { periskopPath } from './legacyLinks.ts';
import { validateExploreSearch } from './metrics/exploreSearch.ts';
import { OverviewPage } from './overview/OverviewPage.tsx';
import { parseSearchText, printSearchText } from './searchText.ts';
import { ErrorPage } from './shell/ErrorPage.tsx';
import { NotFoundPage } from './shell/NotFoundPage.tsx';
import { Shell } from './shell/Shell.tsx';
import { STATUS_TABS, type StatusTab } from './status/statusTabs.ts';

/** What the list of exceptions keeps in the address. */
export interface ExceptionListSearch {
  readonly q?: string | undefined;
  readonly sort?: ExceptionSort | undefined;
  /** Id of the row that has the cursor. */
  readonly sel?: string | undefined;
}

/** Parts of the page of a service. */
const SERVICE_TABS = ['summary', 'exceptions', 'targets'] as const;
export type ServiceTab = (typeof SERVICE_TABS)[number];

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: NotFoundPage,
  validateSearch: validateGlobalSearch,
  search: { middlewares: [retainSearchParams([...GLOBAL_NAMES])] },
  beforeLoad: ({ location }) => {
    const path = location.pathname === '/' ? periskopPath(location.hash) : null;
    if (path !== null) throw redirect({ href: path, replace: true });
  },
});

const overviewRoute = createRoute({ getParentRoute: () => rootRoute, path: '/', component: OverviewPage });

const exceptionsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/exceptions',
  validateSearch: validateListSearch,
  component: lazyRouteComponent(() => import('./exceptions/ExceptionsPage.tsx'), 'ExceptionsPage'),
});

const exceptionRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/exceptions/$svc/$key',
  validateSearch: (
    search: Record<string, unknown>,
  ): { occ?: string | undefined; frames?: 'all' | undefined } => ({
    ...(typeof search['occ'] === 'string' ? { occ: search['occ'] } : {}),
    ...(search['frames'] === 'all' ? { frames: 'all' } : {}),
  }),
  component: lazyRouteComponent(() => import('./exceptions/ExceptionPage.tsx'), 'ExceptionPage'),
});

const servicesRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/services',
  component: lazyRouteComponent(() => import('./services/ServicesPage.tsx'), 'ServicesPage'),
});

const serviceRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/services/$svc',
  validateSearch: (
    search: Record<string, unknown>,
  ): ExceptionListSearch & { tab?: ServiceTab | undefined } => {
    const tab = SERVICE_TABS.find((value) => value === search['tab']);
    return { ...validateListSearch(search), ...(tab === undefined ? {} : { tab }) };
  },
  component: lazyRouteComponent(() => import('./services/ServicePage.tsx'), 'ServicePage'),
});

const eventsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/events',
  component: lazyRouteComponent(() => import('./events/StreamsPage.tsx'), 'StreamsPage'),
});

const timelineRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/events/timeline',
  validateSearch: validateTimelineSearch,
  component: lazyRouteComponent(() => import('./events/TimelinePage.tsx'), 'TimelinePage'),
});

const streamRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/events/$stream',
  validateSearch: validateStreamSearch,
  component: lazyRouteComponent(() => import('./events/StreamPage.tsx'), 'StreamPage'),
});

const targetsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/targets',
  validateSearch: (
    search: Record<string, unknown>,
  ): { q?: string | undefined; health?: TargetHealth | undefined } => {
    const health = (['up', 'down', 'unknown'] as const).find((value) => value === search['health']);
    return {
      ...(typeof search['q'] === 'string' && search['q'] !== '' ? { q: search['q'] } : {}),
      ...(health === undefined ? {} : { health }),
    };
  },
  component: lazyRouteComponent(() => import('./targets/TargetsPage.tsx'), 'TargetsPage'),
});

const metricsRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/metrics',
  validateSearch: validateExploreSearch,
  component: lazyRouteComponent(() => import('./metrics/ExplorePage.tsx'), 'ExplorePage'),
});

const catalogRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/metrics/catalog',
  validateSearch: validateTextSearch,
  component: lazyRouteComponent(() => import('./metrics/CatalogPage.tsx'), 'CatalogPage'),
});

const metricRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/metrics/catalog/$name',
  component: lazyRouteComponent(() => import('./metrics/MetricPage.tsx'), 'MetricPage'),
});

const statusRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/status',
  validateSearch: (search: Record<string, unknown>): { tab?: StatusTab | undefined } => {
    const tab = STATUS_TABS.find((value) => value === search['tab']);
    return tab === undefined || tab === 'runtime' ? {} : { tab };
  },
  component: lazyRouteComponent(() => import('./status/StatusPage.tsx'), 'StatusPage'),
});

const helpRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: '/help',
  component: lazyRouteComponent(() => import('./help/HelpPage.tsx'), 'HelpPage'),
});

const routeTree = rootRoute.addChildren([
  overviewRoute,
  exceptionsRoute,
  exceptionRoute,
  servicesRoute,
  serviceRoute,
  eventsRoute,
  timelineRoute,
  streamRoute,
  metricsRoute,
  catalogRoute,
  metricRoute,
  targetsRoute,
  statusRoute,
  helpRoute,
]);

export const router = createRouter({
  routeTree,
  basepath: new URL(document.baseURI).pathname,
  parseSearch: parseSearchText,
  stringifySearch: printSearchText,
  // Parameters that no page knows leave the address; `service=` would otherwise come back after its token was removed.
  search: { strict: true },
  scrollRestoration: true,
  defaultPreload: 'intent',
  defaultErrorComponent: ErrorPage,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

const HAND_WRITTEN: Record<string, Field> = {
  status: 'is',
  service: 'service',
  severity: 'severity',
  class: 'class',
  version: 'version',
};

function validateTextSearch({ q }: Record<string, unknown>): { q?: string | undefined } {
  return typeof q === 'string' && q !== '' ? { q } : {};
}

function validateListSearch(search: Record<string, unknown>): ExceptionListSearch {
  const { q, sort, sel } = search;
  const query = withHandWritten(typeof q === 'string' ? q : '', search);
  const known = SORTS.find((candidate) => candidate === sort);
  return {
    ...(query === '' ? {} : { q: query }),
    ...(known === undefined || known === '-lastSeen' ? {} : { sort: known }),
    ...(typeof sel === 'string' && sel !== '' ? { sel } : {}),
  };
}

/** `?service=tracks&status=new` of a link written by hand becomes tokens of the filter, the one place for them. */
function withHandWritten(query: string, search: Record<string, unknown>): string {
  let tokens = parseFilter(query);
  for (const [name, field] of Object.entries(HAND_WRITTEN)) {
    for (const value of [search[name]].flat()) {
      if (typeof value !== 'string' || value === '' || valuesOf(tokens, field).includes(value)) continue;
      tokens = toggleToken(tokens, field, value);
    }
  }
  return printFilter(tokens) === printFilter(parseFilter(query)) ? query : printFilter(tokens);
}
