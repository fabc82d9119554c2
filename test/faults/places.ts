// The upstreams and STS calls that a fault can affect, in the order in which a request needs them.
import { LAKE, LAKE_DATA } from '../support/chain.ts';
import type { Meant } from './front.ts';
import type { UpstreamName } from './upstream-responses.ts';

export const VAULT = 'arn:aws:iam::345678901234:role/vault';

export interface Place {
  readonly name: string;
  readonly upstream: UpstreamName;
  /** Selects the upstream requests to which the fault applies. */
  readonly meant: Meant;
  /** For a hop of `then`: selects the STS request for the preceding hop. */
  readonly after?: Meant;
  /** The maximum number of upstream requests for three concurrent requests from one caller. */
  readonly asks: number;
  /** The maximum time that a caller waits, and its description in the documentation. */
  readonly waits: { readonly seconds: number; readonly by: string };
}

const any: Meant = () => true;
const role =
  (arn: string): Meant =>
  (body) =>
    new URLSearchParams(body).get('RoleArn') === arn;

const WALK = {
  seconds: 12,
  by: '6 s for each STS call, including its second attempt, and 12 s for a whole role chain',
};

export const PLACES = {
  certs: {
    name: "Certificate endpoint (Google's signing keys)",
    upstream: 'certs',
    asks: 2,
    meant: any,
    waits: { seconds: 3, by: '3 s' },
  },
  metadata: {
    name: 'Metadata server',
    upstream: 'metadata',
    asks: 4,
    meant: any,
    waits: { seconds: 5, by: '5 s' },
  },
  sts: {
    name: 'STS, first call (AssumeRoleWithWebIdentity)',
    upstream: 'sts',
    asks: 4,
    meant: role(LAKE),
    waits: WALK,
  },
  hop1: {
    name: 'STS, first hop of `then` (AssumeRole)',
    upstream: 'sts',
    asks: 4,
    meant: role(LAKE_DATA),
    after: role(LAKE),
    waits: WALK,
  },
  hop2: {
    name: 'STS, second hop of `then` (AssumeRole)',
    upstream: 'sts',
    asks: 4,
    meant: role(VAULT),
    after: role(LAKE_DATA),
    waits: WALK,
  },
  s3: {
    name: 'S3',
    upstream: 's3',
    asks: 40,
    meant: any,
    waits: {
      seconds: 2,
      by: '`limits.stall` (30 s by default) for the last attempt, which begins within 5 s',
    },
  },
} as const satisfies Record<string, Place>;

export type PlaceName = keyof typeof PLACES;
export const PLACE_NAMES = Object.keys(PLACES) as PlaceName[];
