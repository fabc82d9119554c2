// What the control API can do: faults, clock, durations, calls, keys and tokens; who is who is in a file of its own.
import type { CallLog } from '../calls.ts';
import type { Durations } from '../clock.ts';
import type { Faults } from '../injected-faults.ts';
import type { IdentityTokens } from '../google/identity-tokens.ts';
import type { SigningKeys } from '../google/keys.ts';
import { UPSTREAMS, type UpstreamName } from '../upstreams.ts';
import { DONE, identityRoutes, type IdentityParts, type Route } from './identity-routes.ts';
import { faultRequestOf, FAULT_KINDS } from './fault-request.ts';
import { choice, number, optional, optionalChoice, record, refuseOthers, type Fields } from './fields.ts';

export interface ControlParts extends IdentityParts {
  readonly calls: CallLog;
  readonly durations: Durations;
  readonly faults: Faults;
  readonly keys: SigningKeys;
  readonly tokens: IdentityTokens;
  /** Lets a supplier's port refuse connections, or listen again. */
  setRefusing(supplier: UpstreamName, refusing: boolean): Promise<void>;
}

const nullableSeconds = (fields: Fields, name: string) =>
  fields[name] === null ? null : number(fields, name, { least: 1, most: 43_200 });

export function controlRoutes(parts: ControlParts): Readonly<Record<string, Route>> {
  const { calls, clock, durations, faults, keys, tokens, setRefusing } = parts;
  const listen = (suppliers: readonly UpstreamName[]) =>
    Promise.all(suppliers.map((name) => setRefusing(name, false)));

  const routes: Readonly<Record<string, Route>> = {
    'GET /': () => ({
      routes: Object.keys(routes),
      suppliers: UPSTREAMS,
      faults: Object.fromEntries(Object.entries(FAULT_KINDS).map(([kind, { fields }]) => [kind, fields])),
      common: {
        times: 'how many requests it strikes; absent: all until it is cleared',
        path: 'strikes only requests whose raw path and query contain this',
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
      // A fault without a path takes the place of a refusal.
      const refuses = request.set.fault.kind === 'refuse';
      if (refuses || request.set.path === undefined) await setRefusing(request.set.supplier, refuses);
      return DONE;
    },
    'DELETE /faults': async () => {
      faults.clear();
      await listen(UPSTREAMS);
      return DONE;
    },
    'PUT /clock': (fields) => {
      refuseOthers(fields, ['offsetSeconds', 'supplier']);
      clock.shift(number(fields, 'offsetSeconds', {}), optionalChoice(fields, 'supplier', UPSTREAMS));
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
      refuseOthers(fields, ['action']);
      await keys.rotate(choice(fields, 'action', ['rotate', 'replace']) === 'rotate' ? 'keep' : 'drop');
      tokens.forget();
      return { keys: keys.jwks().keys.map(({ kid }) => kid) };
    },
    'POST /tokens': (fields) => {
      refuseOthers(fields, ['claims', 'header', 'signer']);
      const signer = optionalChoice(fields, 'signer', ['google', 'foreign']);
      return { token: keys.mint(record(fields, 'claims'), optional(fields, 'header', record), signer) };
    },
    ...identityRoutes(parts),
  };
  return routes;
}
