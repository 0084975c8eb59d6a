import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeClock, freePort, tempDir, waitFor, type TempDir } from '@binnacle/testing';
import { describe, expect, it } from 'vitest';
import { createHttpClient } from '../../http/httpClient.ts';
import { awsFake, ec2Reservation, type AwsFake, type AwsState } from '../../testing/awsFake.ts';
import { collect } from '../../testing/collect.ts';
import { CredentialChain, type CredentialConfig } from './credentialChain.ts';
import { planEc2 } from './ec2Provider.ts';

const REGION = 'eu-west-1';
const MINUTE_MS = 60_000;

type Environment = Readonly<Record<string, string>>;

/** A chain over a fake AWS, in a folder that is the home of its user. */
class Chain implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly home: TempDir = tempDir('aws');
  readonly #http = createHttpClient({});
  aws!: AwsFake;

  static async start(state: Partial<AwsState> = {}): Promise<Chain> {
    const chain = new Chain();
    chain.aws = await awsFake(chain.clock, state);
    return chain;
  }

  /** The environment that leads to the fake and to the files of the home. */
  environment(more: Environment = {}): Environment {
    return {
      AWS_EC2_METADATA_SERVICE_ENDPOINT: this.aws.url,
      AWS_ENDPOINT_URL: this.aws.url,
      AWS_SHARED_CREDENTIALS_FILE: this.path('credentials'),
      AWS_CONFIG_FILE: this.path('config'),
      ...more,
    };
  }

  make(config: CredentialConfig = {}, environment: Environment = {}): CredentialChain {
    const transport = { http: this.#http, clock: this.clock, timeoutMs: 5000 };
    return new CredentialChain(config, transport, this.#http, this.environment(environment));
  }

  /** The access key that is found, and its session token. */
  async find(config: CredentialConfig = {}, environment: Environment = {}): Promise<string> {
    const found = await this.make(config, environment).get(REGION, AbortSignal.timeout(5000));
    return [found.accessKeyId, found.secretAccessKey, found.sessionToken].join(' ').trim();
  }

  path(name: string): string {
    return join(this.home.path, name);
  }

  write(name: string, text: string): string {
    writeFileSync(this.path(name), text);
    return this.path(name);
  }

  time(inMinutes: number): string {
    return new Date(this.clock.now() + inMinutes * MINUTE_MS).toISOString();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#http.close();
    await this.aws.close();
    this.home[Symbol.dispose]();
  }
}

const ofEnvironment = { AWS_ACCESS_KEY_ID: 'ENV', AWS_SECRET_ACCESS_KEY: 'es', AWS_SESSION_TOKEN: 'et' };
const instance = { AccessKeyId: 'INSTANCE', SecretAccessKey: 'is', Token: 'it' };
const role = { key: 'ROLE', secret: 'rs', token: 'rt', expiration: '2026-01-15T15:15:00Z' };

describe('credentials are looked for', () => {
  it('in the order of AWS’s own tools', async () => {
    await using chain = await Chain.start({
      role,
      instance: { role: 'monitor', credentials: instance },
      container: { token: 'ct', credentials: { AccessKeyId: 'CONTAINER', SecretAccessKey: 'cs' } },
    });
    const container = {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${chain.aws.url}/container`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: chain.write('container-token', 'ct\n'),
    };
    expect(await chain.find()).toBe('INSTANCE is it');
    expect(await chain.find({}, container)).toBe('CONTAINER cs');
    chain.write('credentials', '[default]\naws_access_key_id = FILE\naws_secret_access_key = fs\n');
    expect(await chain.find({}, container)).toBe('FILE fs');
    const identity = {
      AWS_WEB_IDENTITY_TOKEN_FILE: chain.write('identity', 'jwt\n'),
      AWS_ROLE_ARN: 'arn:pod',
    };
    expect(await chain.find({}, { ...container, ...identity })).toBe('ROLE rs rt');
    const all = { ...container, ...identity, ...ofEnvironment };
    expect(await chain.find({}, all)).toBe('ENV es et');
    chain.write('config', '[profile two]\naws_access_key_id=TWO\naws_secret_access_key=ts\n');
    expect(await chain.find({ profile: 'two' }, all)).toBe('TWO ts');
    const ofConfig = { profile: 'two', access_key: 'CONFIG', secret_key: 'gs' };
    expect(await chain.find(ofConfig, all)).toBe('CONFIG gs');
    expect(chain.aws.calls).toEqual([
      {
        action: 'AssumeRoleWithWebIdentity',
        params: {
          Version: '2011-06-15',
          RoleArn: 'arn:pod',
          RoleSessionName: expect.stringMatching(/^binnacle-\d+$/) as string,
          WebIdentityToken: 'jwt',
        },
      },
    ]);
  });

  it('in shared files as they are written by hand', async () => {
    await using chain = await Chain.start();
    chain.write(
      'credentials',
      '\n# mine\r\n[ default ]\r\naws_access_key_id=A ; old\r\n[two]\n  nested = x\n; no\naws_access_key_id = T\naws_session_token = t = 1\n',
    );
    chain.write(
      'config',
      '[default]\nregion = us-east-1\naws_secret_access_key = a\n[profile  two]\nAWS_SECRET_ACCESS_KEY = s#1\naws_access_key_id = hidden\ns3 =\n  aws_access_key_id = nested\n',
    );
    expect(await chain.find()).toBe('A a');
    expect(await chain.find({ profile: 'two' })).toBe('T s#1 t = 1');
    expect(await chain.find({}, { AWS_PROFILE: 'two' })).toBe('T s#1 t = 1');
    const home = { AWS_SHARED_CREDENTIALS_FILE: '', AWS_CONFIG_FILE: '', HOME: chain.home.path };
    await expect(chain.find({ profile: 'two' }, home)).rejects.toThrow('expected a profile "two"');
  });

  it('through profiles that assume roles', async () => {
    await using chain = await Chain.start({ role, keys: { BASE: { secret: 'bs', token: '' } } });
    const base = 'aws_access_key_id = BASE\naws_secret_access_key = bs\n';
    chain.write(
      'config',
      `[profile base]\n${base}[profile own]\nrole_arn = arn:own\nsource_profile = own\n${base}` +
        '[profile far]\nrole_arn = arn:far\nsource_profile = base\nexternal_id = ext\nrole_session_name = me\n' +
        `[profile pod]\nrole_arn = arn:pod\nweb_identity_token_file = ${chain.write('identity', 'jwt')}\n` +
        '[profile env]\nrole_arn = arn:env\ncredential_source = Environment\n' +
        '[profile a]\nrole_arn = a\nsource_profile = b\n[profile b]\nrole_arn = b\nsource_profile = a\n' +
        '[profile none]\nrole_arn = n\n[profile sso]\nsso_session = s\n[profile tool]\ncredential_process = t\n',
    );
    for (const profile of ['own', 'far', 'pod']) expect(await chain.find({ profile })).toBe('ROLE rs rt');
    const keys = { AWS_ACCESS_KEY_ID: 'BASE', AWS_SECRET_ACCESS_KEY: 'bs' };
    expect(await chain.find({ profile: 'env' }, keys)).toBe('ROLE rs rt');
    expect(chain.aws.calls.map(({ params }) => params['RoleArn'])).toEqual([
      'arn:own',
      'arn:far',
      'arn:pod',
      'arn:env',
    ]);
    expect(chain.aws.calls[1]).toMatchObject({
      accessKeyId: 'BASE',
      params: { ExternalId: 'ext', RoleSessionName: 'me' },
    });
    for (const [profile, message] of [
      ['a', 'profiles lead to each other: a, b, a'],
      ['none', 'profile "none": expected credentials from a source_profile'],
      ['sso', 'profile "sso": sso_session is not supported'],
      ['tool', 'profile "tool": credential_process is not supported'],
      ['gone', 'expected a profile "gone"'],
    ] as const) {
      await expect(chain.find({ profile })).rejects.toThrow(message);
    }
  });

  it('and what was looked at is said where there are none', async () => {
    await using chain = await Chain.start();
    const nowhere = { AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
    for (const [environment, message] of [
      [{}, /AWS_ACCESS_KEY_ID.*found none; instance metadata service: expected status 200 for .*, found 404/],
      [{ AWS_EC2_METADATA_DISABLED: 'TRUE' }, /found none; .*AWS_EC2_METADATA_DISABLED is set/],
      [nowhere, /found none; instance metadata service: connection refused/],
      [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://example.org/' }, /http:\/\/example\.org\//],
      [
        {
          AWS_CONTAINER_CREDENTIALS_FULL_URI: `${chain.aws.url}/container`,
          AWS_CONTAINER_AUTHORIZATION_TOKEN: 'x',
        },
        /found 403/,
      ],
      [{ AWS_SHARED_CREDENTIALS_FILE: chain.home.path }, /cannot read/],
    ] as const) {
      await expect(chain.find({}, environment)).rejects.toThrow(message);
    }
    chain.aws.state.instance = { role: 'r', credentials: { Code: 'Failed' } };
    await expect(chain.find()).rejects.toThrow(/credentials from the instance metadata service/);
  });
});

describe('the region is looked for', () => {
  it('in the environment, the profile and the instance', async () => {
    await using chain = await Chain.start({ instance: { region: 'from-instance' } });
    const region = (config: CredentialConfig = {}, environment: Environment = {}): Promise<string> =>
      chain.make(config, environment).region(AbortSignal.timeout(5000));
    expect(await region()).toBe('from-instance');
    chain.write('config', '[default]\nregion = from-default\n[profile two]\nregion = from-two\n');
    expect(await region()).toBe('from-default');
    expect(await region({ profile: 'two' })).toBe('from-two');
    expect(await region({}, { AWS_DEFAULT_REGION: 'other' })).toBe('other');
    expect(await region({}, { AWS_DEFAULT_REGION: 'other', AWS_REGION: 'named' })).toBe('named');
    chain.write('config', '');
    chain.aws.state.instance = undefined;
    await expect(region()).rejects.toThrow(/expected a region in the configuration, in AWS_REGION or from/);
  });
});

describe('temporary credentials', () => {
  it('are kept, and renewed before they expire', async () => {
    await using chain = await Chain.start();
    const give = (key: string, minutes: number): void => {
      const credentials = { ...instance, AccessKeyId: key, Expiration: chain.time(minutes) };
      chain.aws.state.instance = { role: 'monitor', credentials };
    };
    const credentials = chain.make();
    const key = async (): Promise<string> =>
      (await credentials.get(REGION, AbortSignal.timeout(5000))).accessKeyId;
    give('ONE', 60);
    expect(await key()).toBe('ONE');
    give('TWO', 120);
    chain.clock.advance(54 * MINUTE_MS);
    expect(await key()).toBe('ONE');
    const second = chain.aws.state.instance;
    chain.aws.state.instance = undefined;
    chain.clock.advance(2 * MINUTE_MS);
    expect(await key()).toBe('ONE');
    chain.aws.state.instance = second;
    expect(await key()).toBe('TWO');
    chain.aws.state.instance = undefined;
    chain.clock.advance(65 * MINUTE_MS);
    await expect(key()).rejects.toThrow(/found 404/);
    give('THREE', 60);
    expect(await key()).toBe('THREE');
    give('FOUR', 60);
    credentials.forget();
    expect(await key()).toBe('FOUR');
  });

  it('of a role are asked for with its external ID, and asked for anew when they are refused', async () => {
    await using chain = await Chain.start({
      keys: { ENV: { secret: 'es', token: 'et' } },
      role: { ...role, expiration: new Date(Date.UTC(2026, 0, 15, 18)).toISOString() },
      pages: [ec2Reservation('i', '<privateIpAddress>10.0.0.1</privateIpAddress>')],
    });
    const plan = planEc2({ role_arn: 'arn:role', external_id: 'ext', region: REGION });
    const environment = chain.environment(ofEnvironment);
    await using found = collect(plan, { clock: chain.clock, environment });
    await found.provider.start();
    await waitFor(() => found.reports === 1);
    const again = async (reports: number, errors: number): Promise<void> => {
      await waitFor(() => chain.clock.pending === 1);
      chain.clock.advance(MINUTE_MS);
      await waitFor(() => found.reports === reports && found.errors.length === errors);
    };
    await again(2, 0);
    expect(chain.aws.calls[0]).toMatchObject({
      action: 'AssumeRole',
      accessKeyId: 'ENV',
      service: 'sts',
      params: { RoleArn: 'arn:role', ExternalId: 'ext', DurationSeconds: '900' },
    });
    const list = ['DescribeInstances'];
    expect(chain.aws.actions()).toEqual(['AssumeRole', 'DescribeAvailabilityZones', ...list, ...list]);
    expect(chain.aws.calls.at(-1)).toMatchObject({ accessKeyId: 'ROLE', service: 'ec2' });
    chain.aws.state.keys = { ENV: { secret: 'es', token: 'et' } };
    await again(2, 1);
    expect(found.errors[0]!.message).toContain('AuthFailure');
    await again(3, 1);
    expect(chain.aws.actions().filter((action) => action === 'AssumeRole')).toHaveLength(2);
    chain.aws.state.keys = { ENV: { secret: 'es', token: 'et' } };
    chain.aws.state.role = undefined;
    await again(3, 2);
    await again(3, 3);
    expect(found.errors[2]!.message).toContain('sts for AssumeRole, found 403: AccessDenied: not yours');
  });
});
