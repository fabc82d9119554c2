// Creates a soak's schedule: each worker's nth request, the expected response, and the S3 fault, if any.
import { LISTS, PRIVATE, PUBLIC } from './objects.ts';
import type { Size, SoakObject, Stock } from './objects.ts';
import { namedRandom } from '../support/random.ts';
import type { Random } from '../support/random.ts';
import { drawStrike } from './inject-fault.ts';
import type { PlannedStrike } from './inject-fault.ts';

export type CallerName = 'reader' | 'scoped' | 'stranger';
export type TokenKind = 'good' | 'garbage' | 'forged' | 'other-audience' | 'expired' | 'none';

export interface Plan {
  /** The unique ID of this request, which S3 receives in an ETag condition that never matches. */
  readonly id: number;
  readonly kind: Kind;
  readonly as: CallerName;
  readonly token: TokenKind;
  readonly method: 'GET' | 'HEAD' | 'PUT';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expected: {
    readonly status: number;
    /** The expected body of a 2xx response; for HEAD, only the length is compared. */
    readonly body?: Buffer;
    /** The expected keys of a list. */
    readonly keys?: readonly string[];
  };
  /** How the caller reads: at full speed, with pauses, or not at all for a while. */
  readonly pace: 'fast' | 'slow' | 'stalls';
  /**
   * If set, the caller disconnects after it has received this many bytes of the body. If `bytes` is 0, it disconnects after
   * this many milliseconds.
   */
  readonly leaves?: { readonly bytes: number; readonly milliseconds: number };
  /** Whether to send the request on a new connection. */
  readonly fresh: boolean;
  /** How long the caller waits before it sends the request. */
  readonly thinkMs: number;
  readonly strike?: PlannedStrike | undefined;
}

const WEIGHTS = {
  whole: 30,
  range: 22,
  head: 10,
  list: 6,
  'json-list': 3,
  conditional: 8,
  missing: 5,
  unsatisfiable: 2,
  'not-granted': 5,
  'bad-token': 4,
  write: 1,
  whoami: 1,
  slow: 1.5,
  stalls: 0.15,
  leaves: 5,
} as const;

export type Kind = keyof typeof WEIGHTS;
export const KINDS = Object.keys(WEIGHTS) as Kind[];

const SIZE_WEIGHTS: Readonly<Record<Size, number>> = {
  empty: 2,
  one: 2,
  small: 10,
  page: 8,
  middle: 4,
  large: 2,
  huge: 0.1,
};

/** The number of IDs reserved for each worker. */
const IDS_A_WORKER = 10_000_000;

const BUCKET = 'acme-lake';
const escaped = (key: string): string => key.split('/').map(encodeURIComponent).join('/');
const markOf = (id: number): string => `"plan-${id}"`;

/**
 * The length of a W3C trace ID, which contains the plan's ID. The bridge logs the trace ID even if the caller gets no response.
 */
export const TRACE_DIGITS = 32;
export const traceparentOf = ({ id }: Pick<Plan, 'id'>): string =>
  `00-${id.toString(16).padStart(TRACE_DIGITS, '0')}-${'1'.repeat(16)}-01`;

type Part = Omit<Plan, 'id' | 'kind' | 'fresh' | 'thinkMs' | 'strike'>;

export function createSchedule(seed: number, stock: Stock): (worker: number, n: number) => Plan {
  return (worker, n) => {
    const random = namedRandom(seed, 'request', worker, n);
    const id = worker * IDS_A_WORKER + n;
    const kind = random.weighted(WEIGHTS);
    return {
      ...partOf(kind, id, random, stock),
      id,
      kind,
      fresh: random.chance(0.1),
      thinkMs: random.chance(0.5) ? 0 : random.between(1, 60),
      strike: drawStrike(random),
    };
  };
}

function partOf(kind: Kind, id: number, random: Random, stock: Stock): Part {
  const as: CallerName = random.pick(['reader', 'scoped']);
  const object = (size: Size = random.weighted(SIZE_WEIGHTS)): SoakObject => {
    const odd = random.chance(0.05) ? stock.odd[random.between(0, stock.odd.length - 1)] : undefined;
    return odd ?? stock.sized(as === 'reader' && random.chance(0.3) ? PRIVATE : PUBLIC, size);
  };
  const get = (key: string, headers: Plan['headers'], expected: Plan['expected']): Part => ({
    as,
    token: 'good',
    method: 'GET',
    path: `/${BUCKET}/${escaped(key)}`,
    pace: 'fast',
    headers: { 'if-none-match': markOf(id), ...headers },
    expected,
  });
  const whole = ({ key, body }: SoakObject): Part => get(key, {}, { status: 200, body });
  switch (kind) {
    case 'whole':
      return whole(object());
    case 'slow':
      return { ...whole(stock.sized(PUBLIC, random.pick(['large', 'middle', 'large']))), pace: 'slow' };
    case 'stalls':
      return { ...whole(stock.sized(PUBLIC, 'huge')), pace: 'stalls' };
    case 'leaves': {
      const part = whole(stock.sized(PUBLIC, random.pick(['huge', 'large', 'middle'])));
      const bytes = random.chance(0.2) ? 0 : random.between(1, 1_000_000);
      return { ...part, leaves: { bytes, milliseconds: random.between(1, 400) } };
    }
    case 'range': {
      const { key, body } = object(random.pick(['small', 'page', 'middle', 'large']));
      const first = random.between(0, body.length - 1);
      const last = Math.min(body.length - 1, first + random.between(0, 100_000));
      const [range, part] = random.pick([
        [`bytes=${first}-${last}`, body.subarray(first, last + 1)] as const,
        [`bytes=${first}-`, body.subarray(first)] as const,
        [`bytes=-${body.length - first}`, body.subarray(first)] as const,
      ]);
      return get(key, { range }, { status: 206, body: part });
    }
    case 'head':
      return { ...whole(object()), method: 'HEAD' };
    case 'conditional': {
      const { key, body, etag } = object();
      return random.pick([
        get(key, { 'if-none-match': `${etag}, ${markOf(id)}` }, { status: 304 }),
        get(key, { 'if-match': `"other", ${markOf(id)}` }, { status: 412 }),
        get(key, { 'if-match': `${etag}, ${markOf(id)}` }, { status: 200, body }),
      ]);
    }
    case 'missing':
      return {
        ...get(`${PUBLIC}missing-${id}`, {}, { status: 404 }),
        method: random.pick(['GET', 'GET', 'HEAD']),
      };
    case 'unsatisfiable':
      return get(`${PUBLIC}small`, { range: 'bytes=5000000-' }, { status: 416 });
    case 'list': {
      // All keys sort after '!', so this `start-after` excludes no key.
      const query = `list-type=2&prefix=${encodeURIComponent(LISTS)}&start-after=${encodeURIComponent(`!"plan-${id}"`)}`;
      const part = get('', {}, { status: 200, keys: stock.listed });
      return { ...part, path: `/${BUCKET}?${query}`, headers: {} };
    }
    case 'json-list': {
      const query = new URLSearchParams({ bucket: BUCKET, prefix: LISTS });
      const part = get('', {}, { status: 200, keys: stock.listed });
      return { ...part, path: `/-/objects?${query.toString()}`, headers: {} };
    }
    case 'not-granted':
      return random.chance(0.5)
        ? { ...get(`${PUBLIC}small`, {}, { status: 403 }), as: 'stranger' }
        : { ...get(`${PRIVATE}small`, {}, { status: 403 }), as: 'scoped' };
    case 'bad-token': {
      const token = random.pick(['garbage', 'forged', 'other-audience', 'expired', 'none']);
      return { ...get(`${PUBLIC}small`, {}, { status: 401 }), token };
    }
    case 'write':
      return { ...get(`${PUBLIC}small`, {}, { status: 405 }), method: 'PUT' };
    case 'whoami':
      return { ...get('', {}, { status: 200 }), path: '/-/whoami', headers: {} };
  }
}
