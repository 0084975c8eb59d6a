import type { Clock } from '../../context.ts';
import { DiscoveryError } from '../../errors.ts';
import type { HttpClient } from '../../http/httpClient.ts';
import { readBody } from '../../http/readBody.ts';
import { signRequest, type AwsCredentials } from './signature.ts';
import { child, parseXml, textOf, type XmlElement } from './xml.ts';

const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** A service with AWS's Query API: form fields in, XML out. */
export interface QueryService {
  readonly name: 'ec2' | 'sts';
  /** Of the API, by its date. */
  readonly version: string;
  readonly endpoint: string;
  readonly region: string;
}

export interface QueryTransport {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** A refusal by the service, with AWS's own code in the message, such as `UnauthorizedOperation`. */
export class AwsRefusal extends DiscoveryError {
  constructor(message: string) {
    super('SD_BAD_RESPONSE', message);
  }
}

/**
 * Calls one action, signed unless there are no credentials. Throws AwsRefusal for an answer that is none, and
 * DiscoveryError with SD_BAD_RESPONSE for one that cannot be read.
 */
export async function callAction(
  { http, clock, timeoutMs }: QueryTransport,
  service: QueryService,
  action: string,
  params: readonly [string, string][],
  credentials: AwsCredentials | undefined,
  signal: AbortSignal,
): Promise<XmlElement> {
  const url = new URL(service.endpoint);
  const body = new URLSearchParams([['Action', action], ['Version', service.version], ...params]).toString();
  const plain = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
  const scope = { region: service.region, service: service.name, nowMs: clock.now() };
  const headers =
    credentials === undefined
      ? plain
      : signRequest({ method: 'POST', url, headers: plain, body }, credentials, scope);
  const response = await http.request(url, { method: 'POST', headers, body, signal, timeoutMs });
  const text = (await readBody(response, MAX_BODY_BYTES)).toString('utf8');
  if (response.statusCode !== 200) throw refusal(service.name, action, response.statusCode, text);
  return parseXml(text);
}

function refusal(service: string, action: string, statusCode: number, text: string): AwsRefusal {
  const error = findError(text);
  const detail =
    error === undefined ? text.trim() : `${textOf(error, 'Code') ?? ''}: ${textOf(error, 'Message') ?? ''}`;
  return new AwsRefusal(
    `expected status 200 from ${service} for ${action}, found ${statusCode}: ${detail.slice(0, 300)}`,
  );
}

/** EC2 answers `<Response><Errors><Error>`, other services `<ErrorResponse><Error>`; proxies anything. */
function findError(text: string): XmlElement | undefined {
  try {
    const top = parseXml(text);
    return child(top, 'Errors', 'Error') ?? child(top, 'Error');
  } catch (error) {
    if (error instanceof DiscoveryError) return undefined;
    throw error;
  }
}
