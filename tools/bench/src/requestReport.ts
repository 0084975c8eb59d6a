import type { ServerFigures } from './profileReport.ts';
import type { RequestFigures } from './queries.ts';
import { REQUESTS } from './requests.ts';
import { geometricMean } from './statistics.ts';
import { formatTable, short } from './table.ts';

/** No request may take longer than this many times what it takes Prometheus. */
export const WORST_RATIO = 1.5;

export const MEASURES = ['medianMs', 'fastestMs', 'cpuMs'] as const satisfies (keyof RequestFigures)[];
export const MEASURE_NAMES: Readonly<Record<keyof RequestFigures, string>> = {
  medianMs: 'p50',
  fastestMs: 'fastest',
  cpuMs: 'CPU',
};

/** Ours divided by a peer's. */
export interface RequestRatios extends RequestFigures {
  readonly id: string;
}

/** The ratios of every request, in the order of `REQUESTS`. */
export function requestRatios(ours: ServerFigures, peer: ServerFigures): RequestRatios[] {
  return REQUESTS.map(({ id }, i) => {
    const [a, b] = [ours.queries.requests[i]!, peer.queries.requests[i]!];
    return {
      id,
      medianMs: a.medianMs / b.medianMs,
      fastestMs: a.fastestMs / b.fastestMs,
      cpuMs: a.cpuMs / b.cpuMs,
    };
  });
}

/** Every request a row: milliseconds of each server, and ours divided by each peer's. Ours comes first. */
export function requestTable(servers: readonly ServerFigures[]): string {
  const [ours, ...peers] = servers;
  const ratios = peers.map((peer) => requestRatios(ours!, peer));
  const row = (
    name: string,
    figures: (server: ServerFigures) => RequestFigures,
    ratioTo: (peer: number) => RequestFigures,
  ): string[] => [
    name,
    ...MEASURES.map((measure) => short(figures(ours!)[measure])),
    ...peers.flatMap((server, peer) => [
      ...MEASURES.map((measure) => short(figures(server)[measure])),
      ...MEASURES.map((measure) => `x${short(ratioTo(peer)[measure])}`),
    ]),
  ];
  const names = MEASURES.map((measure) => MEASURE_NAMES[measure]);
  return formatTable(
    [
      'ms',
      ...names.map((name, i) => (i === 0 ? `${ours!.name} ${name}` : name)),
      ...peers.flatMap((peer) => [
        ...names.map((name, i) => (i === 0 ? `${peer.name} ${name}` : name)),
        ...names.map((name) => `x${name}`),
      ]),
    ],
    [
      ...REQUESTS.map(({ id }, i) =>
        row(
          id,
          ({ queries }) => queries.requests[i]!,
          (peer) => ratios[peer]![i]!,
        ),
      ),
      row(
        'geometric mean',
        ({ queries }) => meanOf(queries.requests),
        (peer) => meanOf(ratios[peer]!),
      ),
    ],
  );
}

/** Names every request that takes more than 1.5 times as long as Prometheus's, by its median. */
export function slowRequestsLine(ours: ServerFigures, prometheus: ServerFigures): string {
  const slow = requestRatios(ours, prometheus).filter(({ medianMs }) => !(medianMs <= WORST_RATIO));
  if (slow.length === 0) return `No request takes more than ${WORST_RATIO} times as long as Prometheus's.`;
  const texts = slow.map(
    ({ id, ...ratios }) =>
      `${id} (${MEASURES.map((measure) => `${MEASURE_NAMES[measure]} x${short(ratios[measure])}`).join(', ')})`,
  );
  return `More than ${WORST_RATIO} times as long as Prometheus's: ${texts.join('; ')}.`;
}

function meanOf(requests: readonly RequestFigures[]): RequestFigures {
  const mean = (measure: keyof RequestFigures): number =>
    geometricMean(requests.map((request) => request[measure]));
  return { medianMs: mean('medianMs'), fastestMs: mean('fastestMs'), cpuMs: mean('cpuMs') };
}
