import type { DiscoveryConfig } from '../schema/discoverySchema.ts';
import { planAws, planEc2 } from './aws/ec2Provider.ts';
import { planConsul } from './consul/consulProvider.ts';
import { planDocker } from './docker/dockerProvider.ts';
import { planDns } from './dnsProvider.ts';
import { planFile } from './fileProvider.ts';
import { planHttp } from './httpProvider.ts';
import { planKubernetes } from './kubernetes/kubernetesProvider.ts';
import type { Provider, ProviderContext } from './provider.ts';
import { planStatic } from './staticProvider.ts';

/** A provider that a configuration asks for, checked and not yet made. */
export interface ProviderPlan {
  /** For people: `file_sd_configs[0]`. */
  readonly name: string;
  /** Equal for equal configurations, so that a reload keeps what did not change. */
  readonly identity: string;
  readonly create: (context: ProviderContext) => Provider;
}

/** Lists the providers of a configuration, in the order of their targets. Throws DiscoveryError. */
export function planProviders(config: DiscoveryConfig, baseDir: string): ProviderPlan[] {
  const plans: ProviderPlan[] = [];
  const add = <C>(name: string, one: C, plan: (one: C) => ProviderPlan['create']): void => {
    plans.push({
      name,
      identity: `${name.replace(/\[.*/, '')} ${baseDir} ${JSON.stringify(one)}`,
      create: plan(one),
    });
  };
  const addEach = <C>(
    key: string,
    configs: readonly C[] = [],
    plan: (one: C) => ProviderPlan['create'],
  ): void => {
    for (const [index, one] of configs.entries()) add(`${key}[${index}]`, one, plan);
  };
  const statics = config.static_configs ?? [];
  if (statics.length > 0) add('static_configs', statics, planStatic);
  addEach('file_sd_configs', config.file_sd_configs, planFile);
  addEach('http_sd_configs', config.http_sd_configs, planHttp);
  addEach('dns_sd_configs', config.dns_sd_configs, planDns);
  addEach('kubernetes_sd_configs', config.kubernetes_sd_configs, planKubernetes);
  addEach('consul_sd_configs', config.consul_sd_configs, planConsul);
  addEach('docker_sd_configs', config.docker_sd_configs, planDocker);
  addEach('ec2_sd_configs', config.ec2_sd_configs, planEc2);
  addEach('aws_sd_configs', config.aws_sd_configs, planAws);
  return plans;
}
