// The client of STS. Nothing else imports the SDK's.
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

/** Where STS is. */
export interface StsEndpoint {
  readonly region: string;
  /** Default: the region's own, `sts.REGION.amazonaws.com`, never the global one (AWS, "STS Regions and endpoints"). */
  readonly endpoint?: string;
}

/** All functions throw the SDK's errors, and Fault sts_failed for a response without credentials. */
export interface StsClient {
  assumeRoleWithWebIdentity(
    input: AssumeRoleWithWebIdentityCommandInput & { readonly RoleArn: string },
    signal: AbortSignal,
  ): Promise<RoleCredentials>;
  assumeRole(
    input: AssumeRoleCommandInput & { readonly RoleArn: string },
    signal?: AbortSignal,
  ): Promise<RoleCredentials>;
  /** @returns the ARN that AWS knows the credentials by */
  callerIdentity(signal: AbortSignal): Promise<string | undefined>;
  /** The same client with other credentials, over the same connections. */
  withCredentials(credentials: AccessKeys): StsClient;
  /** Closes the connections. */
  close(): void;
}

/** STS responds in 50 to 200 ms. */
const ATTEMPT_MS = 3_000;
/** With the SDK's 50, callers of a cold start would wait for each other, on the attempt's time. */
const SOCKETS = 256;

/** @param options.attempts how often a call is sent in all, if STS fails or does not respond */
export function createStsClient(options: StsEndpoint & { readonly attempts: number }): StsClient {
  const { region, endpoint = `https://sts.${region}.${awsDomain(region)}`, attempts } = options;
  return clientOf({
    region,
    // Set explicitly, because the SDK would otherwise look for these in the environment and in profiles.
    endpoint,
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    retryMode: 'standard',
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: ATTEMPT_MS,
      requestTimeout: ATTEMPT_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      // Set explicitly, because Node has a variable that reverses the default.
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS, rejectUnauthorized: true },
      throwOnRequestTimeout: true,
    },
  });
}

function clientOf(config: STSClientConfig): StsClient {
  const client = new STSClient(config);
  /** When STS responded, by its own clock, in milliseconds since the epoch; by the SDK's output. */
  const dates = new WeakMap<object, number>();
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      dates.set(result.output, dateOf(result.response));
      return result;
    },
    // The outermost step: in the one that deserializes, the client's own comes first, and there is no output yet.
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
