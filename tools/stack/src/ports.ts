import { createServer } from 'node:net';

/** A port that was given out, and the one that was wished for. */
export interface ClaimedPort {
  readonly port: number;
  readonly wished: number;
}

/** Gives out ports near the wished ones; each shifts upwards until one is free and not yet given out. */
export class Ports {
  readonly #taken = new Set<number>();

  async claim(wished: number): Promise<ClaimedPort> {
    for (let port = wished; port < wished + 200; port++) {
      if (this.#taken.has(port) || !(await isFree(port))) continue;
      this.#taken.add(port);
      return { port, wished };
    }
    throw new Error(
      `no free port between ${wished} and ${wished + 199}: stop what listens there, or choose other ports`,
    );
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
