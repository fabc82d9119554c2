// A bridge for many callers, each with a session of its own that S3's side can tell: a marking STS, and an S3 of the test's.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startMarkedSts } from '../support/marked-sts.ts';
import type { MarkedSession, MarkedSts } from '../support/marked-sts.ts';
import { startStandIn } from '../support/s3-stand-in.ts';
import type { StandIn } from '../support/s3-stand-in.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

export interface MarkedLake {
  readonly wire: Wire;
  readonly sts: MarkedSts;
  readonly s3: StandIn;
  /** A token of `NAME@acme-prod…`, whose unique ID is its number. */
  tokenOf(name: string, claims?: Readonly<Record<string, unknown>>): string;
  close(): Promise<void>;
}

export const emailOf = (name: string): string => `${name}@acme-prod.iam.gserviceaccount.com`;

/** @param answer is told whose session the request came with */
export async function startMarkedLake(options: {
  /** Flow mappings of grants. */
  readonly grants: readonly string[];
  readonly buckets?: readonly string[];
  readonly answer: (
    request: IncomingMessage,
    response: ServerResponse,
    session: MarkedSession | undefined,
  ) => void;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<MarkedLake> {
  const { buckets = ['acme-lake'], environment } = options;
  const sts = await startMarkedSts();
  const s3 = await startStandIn((request, response) => {
    const token = request.headers['x-amz-security-token'];
    options.answer(request, response, sts.bySessionToken(String(token)));
  });
  const wire = await startWire({
    config: ({ audience, role, region }) =>
      [
        `audience: ${audience}`,
        `aws: { region: ${region} }`,
        `roles: { lake: { arn: "${role}" } }`,
        'buckets:',
        ...buckets.map((name) => `  ${name}: { role: lake, endpoint: "${s3.origin}" }`),
        'grants:',
        ...options.grants.map((grant) => `  - { ${grant} }`),
      ].join('\n'),
    environment: { AWS_ENDPOINT_URL_STS: sts.origin, ...environment },
  });
  return {
    wire,
    sts,
    s3,
    tokenOf: (name, claims = {}) =>
      wire.sandbox.mint({
        aud: wire.sandbox.contract.audience,
        sub: `id-of-${name}`,
        azp: `id-of-${name}`,
        email: emailOf(name),
        email_verified: true,
        ...claims,
      }),
    close: async () => {
      await wire.close();
      sts.close();
      s3.close();
    },
  };
}
