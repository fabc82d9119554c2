// Explains why STS does not let the bridge assume a role. If the user supplied the role's trust policy, compares that policy
// with the bridge's token.
import { parseRoleArn } from '../config/aws-names.ts';
import type { Role } from '../config/types.ts';
import { escapeText, quote } from '../config/show.ts';
import type { Fault } from '../errors/fault.ts';
import type { IdentityToken } from '../identity/identity-token.ts';
import { GOOGLE } from '../policy/trust-policy.ts';
import { readConditionKey } from '../policy/lint/condition-keys.ts';
import type { IdentityKey } from '../policy/lint/condition-keys.ts';
import { readOperator } from '../policy/lint/condition-operators.ts';
import type { Statement } from '../policy/lint/document.ts';
import { lintTrustPolicy } from '../policy/lint/lint.ts';
import { isUniqueId } from '../policy/lint/value-rules.ts';
import { claimDifferences } from './claim-differences.ts';
import { failed } from './step-report.ts';
import type { Examination } from './step-report.ts';
import type { TrustFile } from './trust-file.ts';

type Claims = IdentityToken['claims'];

interface Cause {
  /** A description of the cause. The text completes a sentence that begins with "its trust policy". */
  readonly found: string;
  readonly fix: string;
}

/** Yields one finding per cause. The first finding includes the values that AWS compared. */
export function* compareWithTrust(options: {
  readonly step: string;
  readonly role: Role;
  readonly fault: Fault;
  /** The bridge's token; undefined if the bridge can no longer obtain one. */
  readonly token: IdentityToken | undefined;
  readonly trust: TrustFile | undefined;
}): Generator<Examination> {
  const { step, role, fault, token, trust } = options;
  const denied = 'cannot be assumed';
  if (trust === undefined || (trust.roleArn ?? role.arn) !== role.arn) {
    yield failed(step, denied, fault, { fix: howToCompare(role) });
    return;
  }
  const causes = [...differences(trust.statements, role, token), ...mistakes(trust.statements)];
  const [first = { found: 'matches the token', fix: MATCHES }, ...more] = causes;
  yield {
    ...failed(step, denied, fault, { fix: first.fix }),
    found: `${denied}: its trust policy ${first.found}`,
  };
  for (const { found, fix } of more)
    yield { step, outcome: 'wrong', found: `its trust policy ${found}`, fix };
}

function howToCompare({ arn }: Role): string {
  const { account, name } = parseRoleArn(arn);
  return `STS does not report why. In account ${account}, run \`aws iam get-role --role-name ${name} > role.json\`. If the role exists, rerun this command with \`--trust-policy role.json\`. Likely causes: an audience in :aud instead of the unique ID; an audience in :oaud that differs from the token's; or a service account that was deleted and re-created, which has a new unique ID but the old email.`;
}

const MATCHES =
  'Check that the given policy belongs to this role in this account. If it does, an organization policy (SCP) denies sts:AssumeRoleWithWebIdentity, or the trust policy was changed less than a minute ago.';

/**
 * Finds mistakes because of which no Google token can match the policy. Omits findings about a whole statement: these are about
 * missing conditions, which cannot cause a denial.
 */
function mistakes(statements: readonly Statement[]): Cause[] {
  const wholes = new Set(statements.map(({ where }) => where));
  return lintTrustPolicy(statements, {})
    .filter(({ kind, field }) => kind === 'mistake' && !wholes.has(field))
    .map(({ field, rule, fix }) => ({ found: `has a mistake: ${field} ${rule}`, fix }));
}

/**
 * @returns the differences between the token and the statement that matches it best; an empty list if a statement matches
 * completely
 */
function differences(
  statements: readonly Statement[],
  role: Role,
  token: IdentityToken | undefined,
): Cause[] {
  const claims = token?.claims ?? {};
  const each = statements
    .filter(({ effect }) => effect === 'Allow')
    .map((statement) => ({ statement, pins: pinsOf(statement) }))
    .filter(({ pins }) => pins.size > 0)
    .map(({ statement, pins }) => [
      ...otherAccount(pins, role, claims),
      ...otherAudience(pins, claims),
      ...(token === undefined ? [] : claimDifferences(statement, token)),
    ])
    .sort((a, b) => a.length - b.length);
  return each[0] ?? [];
}

/** Returns the values that the conditions require for the three identity keys. */
function pinsOf({ conditions }: Statement): ReadonlyMap<IdentityKey, readonly string[]> {
  const pins = new Map<IdentityKey, readonly string[]>();
  for (const { key, operator, values } of conditions) {
    const read = readConditionKey(key);
    if (read.kind === 'identity' && readOperator(operator)?.comparison === 'text')
      pins.set(
        read.name,
        values.map(({ text }) => text),
      );
  }
  return pins;
}

type Pins = ReturnType<typeof pinsOf>;

/**
 * Finds pinned unique IDs that are not those of the token. Skips values that are not unique IDs, because the lint reports them
 * as mistakes.
 */
function otherAccount(pins: Pins, { name }: Role, { azp, sub = '', email }: Claims): Cause[] {
  const pinned = [
    { values: pins.get('aud') ?? [], actual: azp },
    { values: pins.get('sub') ?? [], actual: sub },
  ];
  const others = pinned.flatMap(({ values, actual }) =>
    values.every(isUniqueId) && !values.includes(actual ?? '') ? values : [],
  );
  const [other] = others;
  if (other === undefined) return [];
  const account = escapeText(email ?? 'The service account');
  return [
    {
      found: `pins unique ID ${[...new Set(others)].join(' or ')}, but this service account's ID is ${escapeText(sub)}`,
      fix: `${account} was probably deleted and re-created: the email is the same, but the unique ID is new. Trust the new ID: \`fedbridge trust-policy ${name}\` prints the policy. If \`gcloud iam service-accounts describe ${other}\` still finds an account, no account was deleted: the bridge runs as one service account, but the role trusts a different one.`,
    },
  ];
}

function otherAudience(pins: Pins, { aud = '' }: Claims): Cause[] {
  const values = pins.get('oaud') ?? [];
  if (values.length === 0 || values.includes(aud) || values.some(isUniqueId)) return [];
  return [
    {
      found: `requires a token for ${values.map(quote).join(' or ')}, but the bridge's token is for ${quote(aud)}`,
      fix: `The audiences differ: set ${GOOGLE}:oaud to ${quote(aud)} in the trust policy, or set aws.audience to the policy's value.`,
    },
  ];
}
