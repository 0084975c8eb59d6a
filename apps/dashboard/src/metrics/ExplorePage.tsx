import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { metricsStateQuery } from '../api/metricsState.ts';
import { Button } from '../components/Button.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { ExplorePanel } from './ExplorePanel.tsx';
import { hiddenOf, MOST_PANELS, panelsOf, printPanels, type PanelSearch } from './exploreSearch.ts';
import { NoMetrics } from './NoMetrics.tsx';
import styles from './Explore.module.css';

const route = getRouteApi('/metrics');

/** Queries of any kind, one under the other, on one time range; all of it is in the address. */
export function ExplorePage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const state = useQuery(metricsStateQuery());
  const panels = panelsOf(search);
  usePageTitle('Metrics');
  const goTo = (next: readonly PanelSearch[], replace = false): void =>
    void navigate({
      search: (before) => ({ ...before, ...printPanels(search, next) }),
      replace,
      resetScroll: false,
    });
  const setHidden = (hidden: ReadonlySet<string>): void =>
    void navigate({
      search: (before) => ({ ...before, ...printPanels(search, panels, hidden) }),
      replace: true,
      resetScroll: false,
    });
  if (state.isPending) return null;
  if (state.data?.ready === false) return <NoMetrics title="Metrics" state={state.data} />;
  return (
    <>
      <PageHead title="Metrics" actions={<Link to="/metrics/catalog">Catalog of metrics</Link>} />
      <div className={styles['panels']}>
        {panels.map((panel, index) => (
          <ExplorePanel
            // A panel is its place: another expression there keeps the editor and the old result.
            key={index}
            number={index}
            panel={panel}
            hidden={hiddenOf(search)}
            onHide={setHidden}
            onChange={(next) => goTo(panels.map((other, at) => (at === index ? next : other)))}
            onRemove={panels.length === 1 ? undefined : () => goTo(panels.filter((_, at) => at !== index))}
          />
        ))}
      </div>
      {panels.length < MOST_PANELS && (
        <Button icon="plus" onClick={() => goTo([...panels, { expr: '', view: panels.at(-1)!.view }])}>
          Add a query
        </Button>
      )}
    </>
  );
}
