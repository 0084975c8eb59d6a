import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { servicesQuery } from '../api/queries.ts';
import { Panel } from '../components/Panel.tsx';
import { EmptyState, QueryView } from '../components/States.tsx';
import { TimeAgo } from '../components/Time.tsx';
import table from '../components/table.module.css';
import { ConnectService } from '../help/ConnectService.tsx';
import { PageHead, usePageTitle } from '../shell/PageHead.tsx';
import { useGlobalSearch } from '../shell/useGlobalSearch.ts';
import { formatCount } from '../time/format.ts';

/** The services that are known, by name. */
export function ServicesPage() {
  const { window } = useGlobalSearch();
  const options = servicesQuery(window);
  const query = useQuery(options);
  usePageTitle('Services');
  return (
    <>
      <PageHead title="Services" />
      <QueryView query={query} queryKeys={[options.queryKey]} what="services">
        {({ services }) =>
          services.length === 0 ? (
            <EmptyState title="No service is known yet">
              <p>
                A service appears here when exception-server has it in its configuration, or when it pushes.
              </p>
              <ConnectService />
            </EmptyState>
          ) : (
            <Panel title={`${formatCount(services.length)} known`} flush>
              <div className={table['scroll']} tabIndex={0} role="region" aria-label="Table of services">
                <table className={table['table']}>
                  <thead>
                    <tr>
                      <th scope="col">Service</th>
                      <th scope="col" data-numeric="true">
                        Count in window
                      </th>
                      <th scope="col" data-numeric="true">
                        Exceptions
                      </th>
                      <th scope="col" data-numeric="true">
                        New in window
                      </th>
                      <th scope="col" data-numeric="true">
                        Targets up
                      </th>
                      <th scope="col" data-numeric="true">
                        Last exception
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {services.map(({ name, count, exceptions, newExceptions, targets, lastSeen }) => (
                      <tr key={name}>
                        <th scope="row">
                          <Link to="/services/$svc" params={{ svc: name }}>
                            {name}
                          </Link>
                        </th>
                        <td data-numeric="true">{formatCount(count)}</td>
                        <td data-numeric="true">{formatCount(exceptions)}</td>
                        <td data-numeric="true">{formatCount(newExceptions)}</td>
                        <td data-numeric="true">
                          <Link to="/targets" search={{ q: name }}>
                            {targets.up}/{targets.total}
                          </Link>
                        </td>
                        <td data-numeric="true">{lastSeen === null ? 'never' : <TimeAgo at={lastSeen} />}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </Panel>
          )
        }
      </QueryView>
    </>
  );
}
