// Where a fault can strike: the suppliers in the order in which a request needs them, and each call of a chain of roles by itself.
import { LAKE, LAKE_DATA } from '../support/chain.ts';
import type { Meant } from './front.ts';
import type { SupplierName } from './supplier-answers.ts';

export const VAULT = 'arn:aws:iam::345678901234:role/vault';

export interface Place {
  readonly name: string;
  readonly supplier: SupplierName;
  /** Which of the supplier's requests. */
  readonly meant: Meant;
  /** Of a further hop: what was asked just before it, over connections of the same kind. */
  readonly after?: Meant;
  /** How often it may be asked for three requests of a caller at once. */
  readonly asks: number;
  /** What a caller waits for at most, by the limits in the code, and where they are. */
  readonly waits: { readonly seconds: number; readonly by: string };
}

const any: Meant = () => true;
const role =
  (arn: string): Meant =>
  (body) =>
    new URLSearchParams(body).get('RoleArn') === arn;

const WALK = { seconds: 12, by: 'each call 6 s, two attempts included; a whole chain 12 s' };

export const PLACES = {
  certs: {
    name: 'Certificate endpoint (Google’s signing keys)',
    supplier: 'certs',
    asks: 2,
    meant: any,
    waits: { seconds: 3, by: '3 s' },
  },
  metadata: {
    name: 'Metadata server',
    supplier: 'metadata',
    asks: 4,
    meant: any,
    waits: { seconds: 5, by: '5 s' },
  },
  sts: {
    name: 'STS, first call (AssumeRoleWithWebIdentity)',
    supplier: 'sts',
    asks: 4,
    meant: role(LAKE),
    waits: WALK,
  },
  hop1: {
    name: 'STS, first hop of `then` (AssumeRole)',
    supplier: 'sts',
    asks: 4,
    meant: role(LAKE_DATA),
    after: role(LAKE),
    waits: WALK,
  },
  hop2: {
    name: 'STS, second hop of `then` (AssumeRole)',
    supplier: 'sts',
    asks: 4,
    meant: role(VAULT),
    after: role(LAKE_DATA),
    waits: WALK,
  },
  s3: {
    name: 'S3',
    supplier: 's3',
    asks: 40,
    meant: any,
    waits: {
      seconds: 2,
      by: '`limits.stall` (30 s unless set), after retries that begin within 5 s',
    },
  },
} as const satisfies Record<string, Place>;

export type PlaceName = keyof typeof PLACES;
export const PLACE_NAMES = Object.keys(PLACES) as PlaceName[];
