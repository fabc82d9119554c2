// Starts a bridge with a fake STS, which issues different credentials for each session, and a fake S3, which recognizes the
// session that signed a request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startStsStandIn } from '../support/sts-stand-in.ts';
import type { IssuedSession, StsStandIn } from '../support/sts-stand-in.ts';
import { startStandIn } from '../support/stand-in.ts';
import type { StandIn } from '../support/stand-in.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';

export interface MarkedLake {
  readonly wire: Wire;
  readonly sts: StsStandIn;
  readonly s3: StandIn;
  /** Returns a token for the service account with this name; the account's unique ID is derived from the name. */
  tokenOf(name: string, claims?: Readonly<Record<string, unknown>>): string;
  close(): Promise<void>;
}

export const emailOf = (name: string): string => `${name}@acme-prod.iam.gserviceaccount.com`;

/** @param answer sends S3's response; `session` is the session that signed the request */
export async function startMarkedLake(options: {
  /** Grants, each as a YAML flow mapping. */
  readonly grants: readonly string[];
  readonly buckets?: readonly string[];
  readonly answer: (
    request: IncomingMessage,
    response: ServerResponse,
    session: IssuedSession | undefined,
  ) => void;
  readonly environment?: Readonly<Record<string, string>>;
}): Promise<MarkedLake> {
  const { buckets = ['acme-lake'], environment } = options;
  const sts = await startStsStandIn();
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
