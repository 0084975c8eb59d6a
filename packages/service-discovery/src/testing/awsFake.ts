import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../context.ts';
import { checkSignature, type Signer } from './awsSignatureCheck.ts';
import { httpFake, sendJson, type HttpFake } from './httpFake.ts';

/** An action that was called, and by whom. */
export interface AwsCall extends Partial<Signer> {
  readonly action: string;
  readonly params: Readonly<Record<string, string>>;
}

/** What the parts of AWS that discovery asks know; tests change it at any time. */
export interface AwsState {
  /** Secrets and session tokens by access key; a request that is signed with another one is refused. */
  keys: Record<string, { readonly secret: string; readonly token: string }>;
  /** The inside of `reservationSet`, page by page. */
  pages: string[];
  /** IDs of availability zones; undefined refuses to tell. */
  zones: Record<string, string> | undefined;
  /** What AssumeRole and AssumeRoleWithWebIdentity give; undefined refuses. */
  role:
    | { readonly key: string; readonly secret: string; readonly token: string; readonly expiration: string }
    | undefined;
  /** What the instance metadata service says; undefined answers 404. */
  instance: { readonly region?: string; readonly role?: string; readonly credentials?: object } | undefined;
  /** What a container gets at `/container`, for this token. */
  container: { readonly token: string; readonly credentials: object } | undefined;
  /** Answers the Query API until it is undefined. */
  instead: ((response: ServerResponse) => void) | undefined;
}

/** EC2, STS, and the metadata services of instances and containers, on one real server. */
export interface AwsFake extends HttpFake {
  readonly state: AwsState;
  readonly calls: readonly AwsCall[];
  actions(): string[];
}

const SESSION = 'metadata-session';

export async function awsFake(clock: Clock, known: Partial<AwsState> = {}): Promise<AwsFake> {
  const state: AwsState = {
    keys: { AKID: { secret: 'secret', token: '' } },
    pages: [''],
    zones: { 'eu-west-1a': 'euw1-az3' },
    role: undefined,
    instance: undefined,
    container: undefined,
    instead: undefined,
    ...known,
  };
  const calls: AwsCall[] = [];

  function query(request: IncomingMessage, body: string, response: ServerResponse): void {
    const { Action: action = '', ...params } = Object.fromEntries(new URLSearchParams(body));
    if (state.instead !== undefined) return state.instead(response);
    const isOpen = action === 'AssumeRoleWithWebIdentity';
    const signer = isOpen ? {} : checkSignature(request, body, (key) => state.keys[key], clock.now());
    if (typeof signer === 'string') return sendError(response, 401, signer);
    calls.push({ action, params, ...signer });
    if (action === 'DescribeInstances') return sendPage(params['NextToken'], response);
    if (action === 'DescribeAvailabilityZones') return sendZones(response);
    if (action.startsWith('AssumeRole')) return sendRole(action, response);
    sendError(response, 400, 'InvalidAction');
  }

  function sendPage(token: string | undefined, response: ServerResponse): void {
    const page = Number(token ?? 0);
    const next = page + 1 < state.pages.length ? `<nextToken>${page + 1}</nextToken>` : '';
    const inside = `<requestId>r</requestId><reservationSet>${state.pages[page]}</reservationSet>${next}`;
    sendXml(
      response,
      200,
      `<DescribeInstancesResponse xmlns="http://ec2/">${inside}</DescribeInstancesResponse>`,
    );
  }

  function sendZones(response: ServerResponse): void {
    if (state.zones === undefined) return sendError(response, 403, 'UnauthorizedOperation');
    const zones = Object.entries(state.zones).map(
      ([name, id]) => `<item><zoneName>${name}</zoneName><zoneId>${id}</zoneId></item>`,
    );
    const inside = `<availabilityZoneInfo>${zones.join('')}</availabilityZoneInfo>`;
    sendXml(
      response,
      200,
      `<DescribeAvailabilityZonesResponse>${inside}</DescribeAvailabilityZonesResponse>`,
    );
  }

  function sendRole(action: string, response: ServerResponse): void {
    const { role } = state;
    if (role === undefined) {
      const error = '<Error><Code>AccessDenied</Code><Message>not yours</Message></Error>';
      return sendXml(response, 403, `<ErrorResponse>${error}</ErrorResponse>`);
    }
    state.keys[role.key] = { secret: role.secret, token: role.token };
    const inside = `<AccessKeyId>${role.key}</AccessKeyId><SecretAccessKey>${role.secret}</SecretAccessKey><SessionToken>${role.token}</SessionToken><Expiration>${role.expiration}</Expiration>`;
    const result = `<${action}Result><Credentials>${inside}</Credentials></${action}Result>`;
    sendXml(response, 200, `<${action}Response>${result}</${action}Response>`);
  }

  function metadata(request: IncomingMessage, response: ServerResponse): void {
    const { instance } = state;
    const roles = '/latest/meta-data/iam/security-credentials/';
    const isToken = request.url === '/latest/api/token' && request.method === 'PUT';
    if (isToken && request.headers['x-aws-ec2-metadata-token-ttl-seconds'] !== undefined)
      response.end(SESSION);
    else if (request.headers['x-aws-ec2-metadata-token'] !== SESSION) response.writeHead(401).end();
    else if (request.url === roles && instance?.role !== undefined) response.end(`${instance.role}\n`);
    else if (request.url === roles + instance?.role) sendJson(response, instance?.credentials);
    else if (request.url === '/latest/dynamic/instance-identity/document' && instance?.region !== undefined)
      sendJson(response, { region: instance.region });
    else response.writeHead(404).end();
  }

  const http = await httpFake((request, response) => {
    if (request.url!.startsWith('/latest/')) return metadata(request, response);
    if (request.url === '/container') {
      const isKnown = request.headers.authorization === state.container?.token;
      return isKnown ? sendJson(response, state.container?.credentials) : void response.writeHead(403).end();
    }
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => query(request, body, response));
  });
  return { ...http, state, calls, actions: () => calls.map(({ action }) => action) };
}

/** An instance as DescribeInstances lists it, alone in a reservation. */
export function ec2Reservation(instanceId: string, inside: string): string {
  return `<item><ownerId>1234</ownerId><instancesSet><item><instanceId>${instanceId}</instanceId>${inside}</item></instancesSet></item>`;
}

function sendError(response: ServerResponse, status: number, code: string): void {
  const error = `<Error><Code>${code}</Code><Message>It is &quot;so&quot;</Message></Error>`;
  sendXml(response, status, `<Response><Errors>${error}</Errors></Response>`);
}

function sendXml(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/xml;charset=UTF-8' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
}
