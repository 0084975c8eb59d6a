import { lookup } from 'node:dns/promises';

/** Every address of a host name. Rejects when it has none. */
export type AddressLookup = (hostname: string) => Promise<readonly string[]>;

/** The system's resolver: hosts file, search list and name server. An address is its own. */
export const systemAddresses: AddressLookup = async (hostname) =>
  (await lookup(hostname, { all: true })).map(({ address }) => address);

/** Takes one of the addresses at random. Rejects when the signal aborts, whatever the resolver does. */
export async function anyAddress(
  hostname: string,
  addressesOf: AddressLookup,
  signal: AbortSignal,
): Promise<{ readonly address: string; readonly all: readonly string[] }> {
  const all = await orAborted(addressesOf(hostname.replace(/^\[|\]$/g, '')), signal);
  return { address: all[Math.floor(Math.random() * all.length)]!, all };
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
