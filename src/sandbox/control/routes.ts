// The control API's routes for faults, clocks, durations, calls, keys and tokens. The routes for identities are in
// identity-routes.ts.
import type { CallLog } from '../calls.ts';
import type { Durations } from '../clock.ts';
import type { Faults } from '../injected-faults.ts';
import type { IdentityTokens } from '../google/identity-tokens.ts';
import type { SigningKeys } from '../google/keys.ts';
import type { IssuerTokens } from '../issuer/issuer-tokens.ts';
import { UPSTREAMS, type UpstreamName } from '../upstreams.ts';
import { DONE, identityRoutes, type IdentityParts, type Route } from './identity-routes.ts';
import { faultRequestOf, FAULT_KINDS } from './fault-request.ts';
import {
  choice,
  number,
  optional,
  optionalChoice,
  record,
  refuseOthers,
  text,
  type Fields,
} from './fields.ts';

export interface ControlParts extends IdentityParts {
  readonly calls: CallLog;
  readonly durations: Durations;
  readonly faults: Faults;
  readonly keys: SigningKeys;
  readonly tokens: IdentityTokens;
  /** The keys and tokens of the emulated issuer. */
  readonly issuerKeys: SigningKeys;
  readonly issuerTokens: IssuerTokens;
  /** Makes an emulator refuse connections, or accept them again. */
  setRefusing(upstream: UpstreamName, refusing: boolean): Promise<void>;
}

const nullableSeconds = (fields: Fields, name: string) =>
  fields[name] === null ? null : number(fields, name, { least: 1, most: 43_200 });

export function controlRoutes(parts: ControlParts): Readonly<Record<string, Route>> {
  const { calls, clock, durations, faults, keys, tokens, issuerKeys, issuerTokens, setRefusing } = parts;
  const listen = (upstreams: readonly UpstreamName[]) =>
    Promise.all(upstreams.map((name) => setRefusing(name, false)));

  const routes: Readonly<Record<string, Route>> = {
    'GET /': () => ({
      routes: Object.keys(routes),
      upstreams: UPSTREAMS,
      faults: Object.fromEntries(Object.entries(FAULT_KINDS).map(([kind, { fields }]) => [kind, fields])),
      common: {
        times: 'how many requests the fault applies to; default: all requests until the fault is cleared',
        path: 'if set, the fault applies only to requests whose raw path and query contain this text',
      },
    }),
    'GET /faults': () => faults.list(),
    'PUT /faults': async (fields) => {
      const request = faultRequestOf(fields);
      if ('clear' in request) {
        faults.clear(request.clear, request.path);
        if (request.path === undefined) await listen([request.clear]);
        return DONE;
      }
      faults.set(request.set);
      // Setting a fault without a path also ends an earlier `refuse` fault.
      const refuses = request.set.fault.kind === 'refuse';
      if (refuses || request.set.path === undefined) await setRefusing(request.set.upstream, refuses);
      return DONE;
    },
    'DELETE /faults': async () => {
      faults.clear();
      await listen(UPSTREAMS);
      return DONE;
    },
    'PUT /clock': (fields) => {
      refuseOthers(fields, ['offsetSeconds', 'upstream']);
      clock.shift(number(fields, 'offsetSeconds', {}), optionalChoice(fields, 'upstream', UPSTREAMS));
      return DONE;
    },
    'PUT /durations': (fields) => {
      refuseOthers(fields, ['credentials', 'identityToken']);
      durations.set({
        credentials: optional(fields, 'credentials', nullableSeconds),
        identityToken: optional(fields, 'identityToken', nullableSeconds),
      });
      tokens.forget();
      return DONE;
    },
    'GET /calls': () => calls.list(),
    'DELETE /calls': () => {
      calls.clear();
      return DONE;
    },
    'POST /keys': async (fields) => {
      refuseOthers(fields, ['action', 'upstream']);
      const isIssuer = optionalChoice(fields, 'upstream', ['certs', 'issuer']) === 'issuer';
      const rotated = isIssuer ? issuerKeys : keys;
      await rotated.rotate(choice(fields, 'action', ['rotate', 'replace']) === 'rotate' ? 'keep' : 'drop');
      tokens.forget();
      return { keys: rotated.jwks().keys.map(({ kid }) => kid) };
    },
    'POST /tokens': (fields) => {
      refuseOthers(fields, ['claims', 'header', 'signer']);
      const signer = optionalChoice(fields, 'signer', ['google', 'foreign']);
      return { token: keys.mint(record(fields, 'claims'), optional(fields, 'header', record), signer) };
    },
    'POST /issuer-tokens': (fields) => {
      refuseOthers(fields, ['caller', 'claims', 'header']);
      const [claims, header] = [optional(fields, 'claims', record), optional(fields, 'header', record)];
      return { token: issuerTokens.issue({ caller: text(fields, 'caller'), claims, header }) };
    },
    ...identityRoutes(parts),
  };
  return routes;
}
