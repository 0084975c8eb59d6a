import { formatTable, short } from '../table.ts';

/** A promise and what came of it. */
export interface Check {
  readonly figure: string;
  readonly limit: string;
  readonly measured: string;
  readonly holds: boolean;
}

/** A figure that must not be above a limit. */
export function atMost(figure: string, limit: number, measured: number, note = ''): Check {
  return { figure, limit: short(limit), measured: `${short(measured)}${note}`, holds: measured <= limit };
}

/** Something that must not have happened; what happened first is shown. */
export function none(figure: string, count: number, of: number, first?: string): Check {
  const example = first === undefined ? '' : `: ${first}`;
  return {
    figure,
    limit: '0',
    measured: `${count} of ${of.toLocaleString('en')}${example}`,
    holds: count === 0,
  };
}

export function checkTable(checks: readonly Check[]): string {
  return formatTable(
    ['', 'limit', 'measured', 'verdict'],
    checks.map(({ figure, limit, measured, holds }) => [figure, limit, measured, holds ? 'pass' : 'FAIL']),
  );
}
