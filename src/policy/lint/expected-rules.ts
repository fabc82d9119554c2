// Compares a trust policy with the unique ID and the audience that the user expects.
import { quote } from '../../config/show.ts';
import type { GoogleService } from '../google-services.ts';
import { GOOGLE } from '../trust-policy.ts';
import type { IdentityKey } from './condition-keys.ts';
import type { Statement } from './document.ts';
import { mistake, note } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkServiceSubject } from './google-service-rules.ts';
import { pinned } from './pin-rules.ts';

/** The known values with which the policy is compared. */
export interface Expected {
  readonly uniqueId?: string;
  readonly audience?: string;
  /** The service that the policy is for, if it is not for the bridge. */
  readonly service?: GoogleService;
}

/**
 * Reports a mistake unless at least one statement for Google's tokens matches the expected values. Also reports any additional
 * values that the policy accepts.
 */
export function checkExpected(statements: readonly Statement[], expected: Expected): Finding[] {
  if (expected.service !== undefined) return checkServiceSubject(statements, expected.service);
  const found = statements.map((statement) => differences(statement, expected));
  const met = found.some(({ length }) => length === 0);
  return [...(met ? [] : found.flat()), ...statements.flatMap((one) => additions(one, expected, met))];
}

/**
 * @param met whether a statement matches the expected values; if none matches, a key without the expected value is reported as
 * a mistake instead of an additional value
 */
function additions({ where, conditions }: Statement, { uniqueId, audience }: Expected, met: boolean) {
  const besides = (wanted: string | undefined, keys: readonly IdentityKey[]): string | undefined => {
    const values = keys.map((name) => pinned(conditions, name));
    const accepted = values.filter((some) => wanted !== undefined && (met || some.includes(wanted))).flat();
    const others = new Set(accepted.filter((value) => value !== wanted));
    return wanted === undefined || others.size === 0
      ? undefined
      : `${[...others].map(quote).join(' and ')} in addition to ${quote(wanted)}`;
  };
  const accounts = besides(uniqueId, ['aud', 'sub']);
  const audiences = besides(audience, ['oaud']);
  return [
    ...(accounts === undefined
      ? []
      : [
          note(
            where,
            `trusts ${accounts}`,
            'Remove the unique ID of every account that must not assume the role.',
          ),
        ]),
    ...(audiences === undefined
      ? []
      : [
          note(
            `${where}, ${GOOGLE}:oaud`,
            `accepts tokens for ${audiences}`,
            'Remove the other audiences: anyone who receives a token for one of them can assume the role.',
          ),
        ]),
  ];
}

function differences({ where, conditions }: Statement, { uniqueId, audience }: Expected): Finding[] {
  return (['aud', 'oaud', 'sub'] as const).flatMap((name) => {
    const wanted = name === 'oaud' ? audience : uniqueId;
    const values = pinned(conditions, name);
    if (wanted === undefined || values.length === 0 || values.includes(wanted)) return [];
    const fix =
      name === 'oaud'
        ? "Write the audience of the bridge's tokens (aws.audience)."
        : 'If the service account was deleted and re-created with the same email, it has a new unique ID: write the new ID.';
    return [
      mistake(
        `${where}, ${GOOGLE}:${name}`,
        `must be ${quote(wanted)}, but is ${values.map(quote).join(' or ')}`,
        fix,
      ),
    ];
  });
}
