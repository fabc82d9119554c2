// Helpers for the sandbox's tests: they start a sandbox, create AWS clients, and send raw HTTP requests.
import { request, type IncomingHttpHeaders } from 'node:http';
import type { TestContext } from 'node:test';
import { S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleWithWebIdentityCommand, STSClient, type Credentials } from '@aws-sdk/client-sts';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/sandbox.ts';

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Starts a sandbox and closes it at the end of the test. */
export async function sandboxFor(context: TestContext, options?: SandboxOptions): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  context.after(() => sandbox.close());
  return sandbox;
}

export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

export interface Request {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Sends one request on a new connection, with the path unchanged. */
export function ask(
  origin: string,
  path: string,
  { method = 'GET', headers = {}, body }: Request = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const sent = request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Calls the control API; throws unless the status is 200. */
export async function control(
  sandbox: Pick<Sandbox, 'contract'>,
  method: string,
  path: string,
  fields?: unknown,
): Promise<unknown> {
  const body = fields === undefined ? undefined : JSON.stringify(fields);
  const answered = await ask(sandbox.contract.control, path, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  if (answered.status !== 200) throw new Error(answered.text);
  return JSON.parse(answered.text);
}

/** A token from the metadata server. */
export async function identityToken(
  sandbox: Pick<Sandbox, 'contract'>,
  account: string,
  audience: string,
  format = 'full',
): Promise<string> {
  const query = new URLSearchParams({ audience, format }).toString();
  const path = `/computeMetadata/v1/instance/service-accounts/${account}/identity?${query}`;
  return (await ask(sandbox.contract.metadata, path, { headers: { 'metadata-flavor': 'Google' } })).text;
}

export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
}

export function stsClient(
  sandbox: Pick<Sandbox, 'contract'>,
  credentials: Keys = sandbox.contract.owner,
): STSClient {
  const { sts, region } = sandbox.contract;
  return new STSClient({ endpoint: sts, region, credentials, maxAttempts: 1 });
}

export function s3Client(
  sandbox: Pick<Sandbox, 'contract'>,
  credentials: Keys = sandbox.contract.owner,
  region?: string,
): S3Client {
  const { s3, region: home } = sandbox.contract;
  return new S3Client({
    endpoint: s3,
    region: region ?? home,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

export interface Assumption {
  readonly token?: string;
  readonly policy?: string;
  readonly role?: string;
  readonly session?: string;
  readonly seconds?: number;
}

/** Gets credentials from STS with the same calls as the bridge. */
export async function assumed(
  sandbox: Pick<Sandbox, 'contract'>,
  { token, policy, role, session, seconds }: Assumption = {},
): Promise<Keys> {
  const { contract } = sandbox;
  const { Credentials: issued } = await stsClient(sandbox).send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: role ?? contract.role,
      RoleSessionName: session ?? 'reader@acme-prod',
      WebIdentityToken: token ?? (await identityToken(sandbox, 'default', contract.awsAudience)),
      Policy: policy,
      DurationSeconds: seconds,
    }),
  );
  return keysOf(issued);
}

/** The credentials from STS, in the form that clients accept. */
export function keysOf(issued: Credentials | undefined): Keys {
  return {
    accessKeyId: issued?.AccessKeyId ?? '',
    secretAccessKey: issued?.SecretAccessKey ?? '',
    sessionToken: issued?.SessionToken ?? '',
  };
}

/** @returns a session policy that allows these S3 statements */
export function allowing(
  ...statements: readonly { Action: string | string[]; Resource: string; Condition?: unknown }[]
): string {
  const Statement = statements.map((statement) => ({ Effect: 'Allow', ...statement }));
  return JSON.stringify({ Version: '2012-10-17', Statement });
}
