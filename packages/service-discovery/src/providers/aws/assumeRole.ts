import { DiscoveryError } from '../../errors.ts';
import { parseExpiration } from './jsonCredentials.ts';
import { callAction, type QueryService, type QueryTransport } from './queryApi.ts';
import type { AwsCredentials } from './signature.ts';
import { child, textOf, type XmlElement } from './xml.ts';

export interface Role {
  readonly arn: string;
  /** What the role's owner agreed on with who uses it. */
  readonly externalId?: string | undefined;
  /** Stands in the owner's audit log. */
  readonly sessionName: string;
}

const LIFE_SECONDS = '900';

/** Temporary credentials of a role, by its trust in other credentials. Throws AwsRefusal and DiscoveryError. */
export async function assumeRole(
  transport: QueryTransport,
  sts: QueryService,
  { arn, externalId, sessionName }: Role,
  credentials: AwsCredentials,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const params: [string, string][] = [
    ['RoleArn', arn],
    ['RoleSessionName', sessionName],
    ['DurationSeconds', LIFE_SECONDS],
  ];
  if (externalId) params.push(['ExternalId', externalId]);
  const answer = await callAction(transport, sts, 'AssumeRole', params, credentials, signal);
  return credentialsIn(child(answer, 'AssumeRoleResult', 'Credentials'));
}

/**
 * Temporary credentials of a role, by its trust in who signed the token, as in Kubernetes clusters. Throws AwsRefusal
 * and DiscoveryError.
 */
export async function assumeRoleWithWebIdentity(
  transport: QueryTransport,
  sts: QueryService,
  { arn, sessionName }: Role,
  token: string,
  signal: AbortSignal,
): Promise<AwsCredentials> {
  const params: [string, string][] = [
    ['RoleArn', arn],
    ['RoleSessionName', sessionName],
    ['WebIdentityToken', token],
  ];
  const answer = await callAction(transport, sts, 'AssumeRoleWithWebIdentity', params, undefined, signal);
  return credentialsIn(child(answer, 'AssumeRoleWithWebIdentityResult', 'Credentials'));
}

function credentialsIn(element: XmlElement | undefined): AwsCredentials {
  const accessKeyId = textOf(element, 'AccessKeyId');
  const secretAccessKey = textOf(element, 'SecretAccessKey');
  const sessionToken = textOf(element, 'SessionToken');
  if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
    throw new DiscoveryError('SD_BAD_RESPONSE', 'expected credentials from sts, found an answer without');
  }
  const expiresAtMs = parseExpiration(textOf(element, 'Expiration') ?? '');
  return { accessKeyId, secretAccessKey, sessionToken, expiresAtMs };
}
