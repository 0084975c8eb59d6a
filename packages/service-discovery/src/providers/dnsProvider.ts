import { DiscoveryError } from '../errors.ts';
import type { DnsSdConfig } from '../schema/discoverySchema.ts';
import type { LabelSet } from '../targetGroup.ts';
import type { DnsRecord, DnsRecordType } from './dnsResolver.ts';
import { hostPort } from './hostPort.ts';
import { refreshIntervalMs } from './interval.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { RefreshLoop } from './refreshLoop.ts';

/**
 * Looks targets up in the DNS. Each name is a group of its own: one that cannot be looked up keeps what it had, one
 * that does not exist has no targets.
 */
export function planDns(config: DnsSdConfig): (context: ProviderContext) => Provider {
  const type = config.type ?? 'SRV';
  const intervalMs = refreshIntervalMs(config.refresh_interval, '30s');
  if (type !== 'SRV' && config.port === undefined) {
    throw new DiscoveryError(
      'SD_BAD_CONFIG',
      `dns_sd_configs: a port is required for records of type ${type}`,
    );
  }
  return ({ sink, clock, resolver }) => {
    const lookUp = async (name: string, signal: AbortSignal): Promise<void> => {
      const records = await resolver.resolve(name, type, signal);
      if (signal.aborted) return;
      const targets = records.map((record) => toTarget(name, type, record, config.port ?? 0));
      sink.set(name, { targets, labels: {} });
    };
    const loop = new RefreshLoop({
      clock,
      intervalMs,
      fail: (error) => sink.fail(error),
      refresh: async (signal) => {
        const results = await Promise.allSettled(config.names.map((name) => lookUp(name, signal)));
        const errors = results.flatMap((result, i) =>
          result.status === 'fulfilled' ? [] : [lookUpError(config.names[i]!, type, result.reason)],
        );
        if (signal.aborted) return;
        for (const error of errors.slice(1)) sink.fail(error);
        if (errors[0] !== undefined) throw errors[0];
      },
    });
    return {
      start: () => {
        void loop.start();
        return Promise.resolve();
      },
      stop: () => loop.stop(),
    };
  };
}

function lookUpError(name: string, type: DnsRecordType, reason: unknown): DiscoveryError {
  const detail = reason instanceof Error ? reason.message : String(reason);
  return new DiscoveryError('SD_REQUEST_FAILED', `cannot look up ${type} records of ${name}: ${detail}`, {
    cause: reason,
  });
}

function toTarget(name: string, type: DnsRecordType, record: DnsRecord, port: number): LabelSet {
  const isAddress = type === 'A' || type === 'AAAA';
  // Host names of records end in a dot, as the DNS writes them; addresses have none.
  const absolute = record.host.endsWith('.') ? record.host : `${record.host}.`;
  const host = isAddress ? record.host : absolute.slice(0, -1);
  return {
    __address__: hostPort(host, record.port ?? port),
    __meta_dns_name: name,
    __meta_dns_srv_record_target: type === 'SRV' ? absolute : '',
    __meta_dns_srv_record_port: type === 'SRV' ? String(record.port ?? port) : '',
    __meta_dns_mx_record_target: type === 'MX' ? absolute : '',
    __meta_dns_ns_record_target: type === 'NS' ? absolute : '',
  };
}
