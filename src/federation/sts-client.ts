// Wraps the SDK's STS client, which no other file imports.
import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  STSClient,
} from '@aws-sdk/client-sts';
import type {
  AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommandInput,
  STSClientConfig,
} from '@aws-sdk/client-sts';
import { awsDomain } from '../config/aws-names.ts';
import { startElapsed } from '../runtime/elapsed.ts';
import { dateOf, readStsResponse } from './credentials.ts';
import type { AccessKeys, RoleCredentials } from './credentials.ts';

export interface StsEndpoint {
  readonly region: string;
  /**
   * The endpoint to use; by default, the regional one, `sts.REGION.amazonaws.com`, and never the global one (AWS, "STS Regions
   * and endpoints").
   */
  readonly endpoint?: string;
}

/** All methods throw the SDK's errors, or Fault sts_failed if the response contains no credentials. */
export interface StsClient {
  assumeRoleWithWebIdentity(
    input: AssumeRoleWithWebIdentityCommandInput & { readonly RoleArn: string },
    signal: AbortSignal,
  ): Promise<RoleCredentials>;
  assumeRole(
    input: AssumeRoleCommandInput & { readonly RoleArn: string },
    signal?: AbortSignal,
  ): Promise<RoleCredentials>;
  /** @returns the ARN of the credentials' principal */
  callerIdentity(signal: AbortSignal): Promise<string | undefined>;
  /** Returns a client with different credentials that shares this client's connections. */
  withCredentials(credentials: AccessKeys): StsClient;
  /** Closes the connections. */
  close(): void;
}

/** The timeout of one attempt; STS usually responds in 50 to 200 ms. */
const ATTEMPT_MS = 3_000;
/**
 * The maximum number of sockets. The SDK's default of 50 is too low for a cold start: calls would wait for a socket, and the wait
 * would count toward their timeout.
 */
const SOCKETS = 256;

/** @param options.attempts the maximum number of attempts if STS fails or does not respond */
export function createStsClient(options: StsEndpoint & { readonly attempts: number }): StsClient {
  const { region, endpoint = `https://sts.${region}.${awsDomain(region)}`, attempts } = options;
  return clientOf({
    region,
    // These options are set explicitly, because the SDK would otherwise read them from the environment and from profiles.
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    retryMode: 'standard',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: ATTEMPT_MS,
      requestTimeout: ATTEMPT_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      // This option is set explicitly, because NODE_TLS_REJECT_UNAUTHORIZED can change the default.
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS, rejectUnauthorized: true },
      throwOnRequestTimeout: true,
    },
  });
}

function clientOf(config: STSClientConfig): StsClient {
  const client = new STSClient(config);
  /** Maps each of the SDK's output objects to the time of its response, by STS's clock, in milliseconds since the epoch. */
  const dates = new WeakMap<object, number>();
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      dates.set(result.output, dateOf(result.response));
      return result;
    },
    // This middleware runs in the outermost step. In the deserialize step, it would run before the SDK has parsed the output.
    { step: 'initialize' },
  );
  const respondedAt = (output: object): number => dates.get(output) ?? Number.NaN;
  return {
    assumeRoleWithWebIdentity: async (input, abortSignal) => {
      const age = startElapsed();
      const output = await client.send(new AssumeRoleWithWebIdentityCommand(input), { abortSignal });
      return readStsResponse(output, { roleArn: input.RoleArn, respondedAt: respondedAt(output), age });
    },
    assumeRole: async (input, abortSignal) => {
      const age = startElapsed();
      const output = await client.send(
        new AssumeRoleCommand(input),
        abortSignal === undefined ? {} : { abortSignal },
      );
      return readStsResponse(output, { roleArn: input.RoleArn, respondedAt: respondedAt(output), age });
    },
    callerIdentity: async (abortSignal) => {
      const { Arn: arn } = await client.send(new GetCallerIdentityCommand(), { abortSignal });
      return arn;
    },
    withCredentials: (credentials) =>
      clientOf({ ...config, requestHandler: client.config.requestHandler, credentials }),
    close: () => {
      client.destroy();
    },
  };
}
