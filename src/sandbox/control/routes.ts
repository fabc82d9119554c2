// What the control API can do: faults, clock, durations, calls, keys, tokens and roles.
import type { CallLog } from '../calls.ts';
import type { Clock, Durations } from '../clock.ts';
import type { Faults } from '../faults.ts';
import type { IdentityTokens } from '../google/identity-tokens.ts';
import type { SigningKeys } from '../google/keys.ts';
import { MalformedPolicy } from '../iam/policy.ts';
import type { Roles } from '../iam/roles.ts';
import { SUPPLIERS, type SupplierName } from '../supplier.ts';
import { faultRequestOf, FAULT_KINDS } from './fault-request.ts';
import {
  BadField,
  choice,
  number,
  optional,
  optionalChoice,
  record,
  refuseOthers,
  text,
  type Fields,
} from './fields.ts';

export interface ControlParts {
  readonly calls: CallLog;
  readonly clock: Clock;
  readonly durations: Durations;
  readonly faults: Faults;
  readonly keys: SigningKeys;
  readonly tokens: IdentityTokens;
  readonly roles: Roles;
  /** Lets a supplier's port refuse connections, or listen again. */
  setRefusing(supplier: SupplierName, refusing: boolean): Promise<void>;
}

/** Gives what is answered as JSON. */
export type Route = (fields: Fields) => unknown;

const DONE = { ok: true };
const nullableSeconds = (fields: Fields, name: string) =>
  fields[name] === null ? null : number(fields, name, { least: 1, most: 43_200 });

export function controlRoutes(parts: ControlParts): Readonly<Record<string, Route>> {
  const { calls, clock, durations, faults, keys, tokens, roles, setRefusing } = parts;
  const listen = (suppliers: readonly SupplierName[]) =>
    Promise.all(suppliers.map((name) => setRefusing(name, false)));

  const routes: Readonly<Record<string, Route>> = {
    'GET /': () => ({
      routes: Object.keys(routes),
      suppliers: SUPPLIERS,
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
      await listen(SUPPLIERS);
      return DONE;
    },
    'PUT /clock': (fields) => {
      refuseOthers(fields, ['offsetSeconds', 'supplier']);
      clock.shift(number(fields, 'offsetSeconds', {}), optionalChoice(fields, 'supplier', SUPPLIERS));
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
    'PUT /roles': (fields) => {
      refuseOthers(fields, ['arn', 'trust', 'permissions', 'maxSessionSeconds']);
      const limit = (all: Fields, name: string) =>
        number(all, name, { least: 3600, most: 43_200, integer: true });
      const definition = {
        arn: text(fields, 'arn'),
        trust: record(fields, 'trust'),
        permissions: record(fields, 'permissions'),
        maxSessionSeconds: optional(fields, 'maxSessionSeconds', limit),
      };
      try {
        roles.put(definition);
      } catch (error) {
        if (!(error instanceof MalformedPolicy)) throw error;
        throw new BadField('trust or permissions', 'is no policy that IAM takes', error.message);
      }
      return DONE;
    },
  };
  return routes;
}
