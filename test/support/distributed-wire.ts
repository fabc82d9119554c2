// Starts the sandbox, a bridge, and a real nginx that stands in for the CloudFront distribution in front of the sandbox's bucket.
import { freePort } from '../bench/ports.ts';
import { startDistribution } from './distribution.ts';
import type { Behavior, Distribution, ViewerRequest } from './distribution.ts';
import { emailOf } from './configuration.ts';
import type { LogLine } from './bridge-process.ts';
import type { Reply } from './http-request.ts';
import { startMeasuredWire } from './metrics.ts';
import type { MeasuredWire } from './metrics.ts';
import type { SandboxContract } from '../../src/sandbox/sandbox.ts';

export const BUCKET = 'acme-lake';
export const REGION = 'eu-west-1';

export interface DistributedWire extends MeasuredWire {
  readonly distribution: Distribution;
  /** Reads an object as the caller `reader`. @param key the key, which is escaped before it is sent */
  read(key: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  /** The access log's line about a response. */
  lineOf(reply: Reply): Promise<LogLine>;
  /** Returns how many reads S3 served directly for this reason. */
  fallbacks(reason: string): Promise<number>;
  /** The requests that the distribution received since the last call. */
  viewed(): Promise<readonly ViewerRequest[]>;
}

/** @param via the origin of the distribution */
export const distributed =
  (via: string, { region = REGION, more = '' }: { readonly region?: string; readonly more?: string } = {}) =>
  ({ audience, awsAudience, role }: SandboxContract): string => `
audience: ${audience}
aws: { region: ${REGION}, audience: ${awsAudience} }
roles: { lake: { arn: "${role}" } }
buckets:
  ${BUCKET}: { role: lake, region: ${region}, via: "${via}" }
grants:
  - { callers: ["${emailOf('reader')}"], allow: [get, list, versions, tags, attributes], bucket: ${BUCKET} }
  - { callers: ["${emailOf('scoped')}"], allow: [get, list], bucket: ${BUCKET}, prefix: raw/public/ }
${more}`;

export async function startDistributedWire(
  options: { readonly behavior?: Behavior; readonly region?: string; readonly more?: string } = {},
): Promise<DistributedWire> {
  const s3Port = await freePort();
  const distribution = await startDistribution(
    { behind: `http://127.0.0.1:${s3Port}`, bucket: BUCKET, region: REGION },
    options.behavior,
  );
  let seen = 0;
  const wire = await startMeasuredWire({
    sandbox: { ports: { s3: s3Port } },
    config: distributed(distribution.origin, options),
  }).catch(async (error: unknown) => {
    await distribution.close();
    throw error;
  });
  return {
    ...wire,
    distribution,
    read: (key, headers = {}) =>
      wire.get(`/${BUCKET}/${key.split('/').map(escapeAll).join('/')}`, { as: 'reader', headers }),
    lineOf: (reply) => wire.bridge.line(({ requestId }) => requestId === reply.headers['x-request-id']),
    fallbacks: (reason) => wire.metric(`fedbridge_cloudfront_fallbacks_total{reason="${reason}"}`),
    viewed: async () => {
      const all = await distribution.requests();
      const since = all.slice(seen);
      seen = all.length;
      return since;
    },
    close: async () => {
      await wire.close();
      await distribution.close();
    },
  };
}

/** Escapes every byte, so that tests share no encoder with the bridge. */
const escapeAll = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** Returns the path in a log line; undefined if the emulated S3, an endpoint of its own, served the object directly. */
export const pathOf = ({ path }: LogLine): unknown => (path === 'endpoint' ? undefined : path);
