// Starts the sandbox, a reverse proxy ("front") for each upstream, and a bridge that reaches its upstreams only through the
// fronts.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chained, LAKE_DATA, partnerRole } from '../support/chain.ts';
import type { FakedClocks } from '../support/faked-clock.ts';
import { request } from '../support/http-request.ts';
import { startWire } from '../support/wire.ts';
import type { Wire } from '../support/wire.ts';
import { createAuthority } from './certificates.ts';
import { fakedNames } from './faked-names.ts';
import { startFront } from './front.ts';
import type { Front } from './front.ts';
import { PLACES, VAULT } from './places.ts';
import type { PlaceName } from './places.ts';
import type { UpstreamName } from './upstream-responses.ts';
import type { UpstreamFault } from './upstream-faults.ts';

const DOMAIN = 'fedbridge.test';
const UPSTREAMS = ['metadata', 'certs', 'sts', 's3'] as const satisfies readonly UpstreamName[];
const HOPS = [`arn: "${LAKE_DATA}"`, `arn: "${VAULT}"`];

/**
 * The bridge's stall limit. It is longer than any pause on a busy machine, but short, because tests wait until it is exceeded.
 */
const STALL_SECONDS = 2;
/** The lifetime of identity tokens. It is so short that the bridge requests a new identity token for each session. */
const IDENTITY_TOKEN_SECONDS = 30;

const KEY = 'faults/object.bin';
export const OBJECT = `/acme-lake/${KEY}`;
export const BODY = Buffer.alloc(64_000, 'fault ');

export interface Stage {
  readonly wire: Wire;
  strike(place: PlaceName, fault: UpstreamFault): Promise<void>;
  lift(place: PlaceName): Promise<void>;
  /**
   * Starts counting.
   * @returns a function that returns the number of matching requests or connections since the counting started
   */
  counter(place: PlaceName): Promise<() => Promise<number>>;
  close(): Promise<void>;
}

/** @param options.struck faults that begin before the bridge starts */
export async function startStage(options: {
  readonly struck: readonly (readonly [PlaceName, UpstreamFault])[];
  readonly clocks?: FakedClocks;
}): Promise<Stage> {
  const authority = createAuthority(`*.${DOMAIN}`);
  const directory = await mkdtemp(join(tmpdir(), 'fedbridge-faults-'));
  const certificate = join(directory, 'authority.pem');
  await writeFile(certificate, authority.cert);
  const names = await fakedNames(UPSTREAMS.map(hostOf));
  const fronts = new Map<UpstreamName, Front>();
  const clocked = options.clocks?.environment ?? {};
  const frontOf = (place: PlaceName): Front => {
    const front = fronts.get(PLACES[place].upstream);
    if (front === undefined) throw new Error(`no front before ${place}`);
    return front;
  };
  const strike: Stage['strike'] = (place, fault) => frontOf(place).strike({ fault, ...PLACES[place] });

  const wire = await startWire({
    // S3's signature covers `Host`, so the fronts forward it, and the sandbox must accept the fronts' host names.
    sandbox: { hosts: UPSTREAMS.map(hostOf) },
    config: (contract) => `${chained(HOPS)(contract)}limits: { stall: ${STALL_SECONDS}s }\n`,
    roles: [
      partnerRole({ arn: LAKE_DATA, mayAssume: VAULT }),
      partnerRole({ arn: VAULT, trusts: LAKE_DATA }),
    ],
    ready: options.struck.length === 0,
    environment: async (contract) => {
      for (const upstream of UPSTREAMS) {
        const behind = new URL(contract[upstream]).origin;
        const secured = upstream === 'metadata' ? undefined : authority;
        fronts.set(
          upstream,
          await startFront({ upstream, host: hostOf(upstream), behind, names, authority: secured }),
        );
      }
      for (const [place, fault] of options.struck) await strike(place, fault);
      await request(contract.control, '/durations', {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ identityToken: IDENTITY_TOKEN_SECONDS }),
      });
      const origin = (upstream: UpstreamName): string => fronts.get(upstream)?.origin ?? '';
      return {
        AWS_ENDPOINT_URL_STS: origin('sts'),
        AWS_ENDPOINT_URL_S3: origin('s3'),
        GCE_METADATA_HOST: new URL(origin('metadata')).host,
        FEDBRIDGE_GOOGLE_CERTS: `${origin('certs')}${new URL(contract.certs).pathname}`,
        NODE_EXTRA_CA_CERTS: certificate,
        ...clocked,
        ...names.environment,
        NODE_OPTIONS: `--import=${names.preload} ${clocked['NODE_OPTIONS'] ?? ''}`,
      };
    },
  });
  await wire.put(KEY, BODY);
  return {
    wire,
    strike,
    lift: (place) => frontOf(place).strike(undefined),
    counter: async (place) => {
      const { meant } = PLACES[place];
      const front = frontOf(place);
      const before = await front.asked(meant);
      return async () => {
        const { requests, connections } = await front.asked(meant);
        return Math.max(requests - before.requests, connections - before.connections);
      };
    },
    close: async () => {
      await wire.close();
      for (const front of fronts.values()) await front.close();
      await names.remove();
      await rm(directory, { recursive: true });
    },
  };
}

const hostOf = (upstream: UpstreamName): string => `${upstream}.${DOMAIN}`;
