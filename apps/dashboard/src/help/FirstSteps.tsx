import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { targetsQuery } from '../api/queries.ts';
import { EmptyState } from '../components/States.tsx';
import { StatusGlyph } from '../components/StatusGlyph.tsx';
import { plural } from '../time/format.ts';
import { ConnectService } from './ConnectService.tsx';
import styles from './FirstSteps.module.css';

const POLL_MS = 5000;

/** Before the first exception ever: what is done, what is missing, and how to go on. The steps tick themselves. */
export function FirstSteps() {
  const { data } = useQuery({ ...targetsQuery(), refetchInterval: POLL_MS });
  const targets = data?.targets ?? [];
  const answering = targets.filter((target) => target.health === 'up').length;
  const steps: readonly (readonly [boolean, string, string])[] = [
    [
      targets.length > 0,
      'Targets discovered',
      targets.length === 0
        ? 'list your services in the configuration of exception-server'
        : plural(targets.length, 'target'),
    ],
    [
      answering > 0,
      'First scrape answered',
      answering === 0 ? 'waiting for a target that answers' : `${answering} of ${targets.length} answer`,
    ],
    [false, 'First exception', 'waiting'],
  ];
  return (
    <EmptyState title="No exception has arrived yet">
      <ol className={styles['steps']}>
        {steps.map(([done, name, note]) => (
          <li key={name}>
            <StatusGlyph tone={done ? 'ok' : 'unknown'} />
            <span className="visuallyHidden">{done ? 'done: ' : 'open: '}</span>
            {name} <small>{note}</small>
          </li>
        ))}
      </ol>
      <Waiting />
      <ConnectService />
    </EmptyState>
  );
}

function Waiting() {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const started = Date.now();
    const timer = setInterval(() => setSeconds(Math.round((Date.now() - started) / 1000)), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p>
      Waiting for the first exception… <span className="mono">{seconds} s</span>
    </p>
  );
}
