// Why STS denies a role to our token: what its trust policy asks for beside what the token says, where the person has the policy.
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
  /** After "its trust policy". */
  readonly found: string;
  readonly fix: string;
}

/** One examination for each cause; the first has what AWS compared. */
export function* compareWithTrust(options: {
  readonly step: string;
  readonly role: Role;
  readonly fault: Fault;
  /** Undefined where there is none any more. */
  readonly token: IdentityToken | undefined;
  readonly trust: TrustFile | undefined;
}): Generator<Examination> {
  const { step, role, fault, token, trust } = options;
  const refused = `cannot be assumed`;
  if (trust === undefined || (trust.roleArn ?? role.arn) !== role.arn) {
    yield failed(step, refused, fault, { fix: howToCompare(role) });
    return;
  }
  const causes = [...differences(trust.statements, role, token), ...mistakes(trust.statements)];
  const [first = { found: 'fits the token', fix: FITS }, ...more] = causes;
  yield {
    ...failed(step, refused, fault, { fix: first.fix }),
    found: `${refused}: its trust policy ${first.found}`,
  };
  for (const { found, fix } of more)
    yield { step, outcome: 'wrong', found: `its trust policy ${found}`, fix };
}

function howToCompare({ arn }: Role): string {
  const { account, name } = parseRoleArn(arn);
  return `STS does not say why: in account ${account} run \`aws iam get-role --role-name ${name} > role.json\`; if there is such a role, run this again with \`--trust-policy role.json\`. Likely causes are an audience written into :aud, which wants the unique ID, another audience in :oaud than the token’s, or that the service account was deleted and made again: it then has a new unique ID under its old e-mail.`;
}

const FITS =
  'Is it the policy of this role in this account? If so, an organization’s policy (SCP) denies sts:AssumeRoleWithWebIdentity, or the trust policy was changed less than a minute ago.';

/** What never fits any token of Google. That something is not pinned lets too many in, and keeps nobody out: such have a whole statement as their place. */
function mistakes(statements: readonly Statement[]): Cause[] {
  const wholes = new Set(statements.map(({ where }) => where));
  return lintTrustPolicy(statements, {})
    .filter(({ kind, field }) => kind === 'mistake' && !wholes.has(field))
    .map(({ field, rule, fix }) => ({ found: `has a mistake: ${field} ${rule}`, fix }));
}

/** Of the statement that comes nearest to the token; none where one fits. */
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

/** The values that the three keys must have, where an operator says which. */
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

/** A value that is no unique ID is a mistake whatever the token says. */
function otherAccount(pins: Pins, { name }: Role, { azp, sub = '', email }: Claims): Cause[] {
  const pinned = [
    { values: pins.get('aud') ?? [], ours: azp },
    { values: pins.get('sub') ?? [], ours: sub },
  ];
  const others = pinned.flatMap(({ values, ours }) =>
    values.every(isUniqueId) && !values.includes(ours ?? '') ? values : [],
  );
  const [other] = others;
  if (other === undefined) return [];
  const account = escapeText(email ?? 'The service account');
  return [
    {
      found: `pins unique ID ${[...new Set(others)].join(' or ')}, and ours is ${escapeText(sub)}`,
      fix: `${account} was probably deleted and made again: the e-mail stays, the unique ID is new. Trust that one: \`fedbridge trust-policy ${name}\` prints the policy. Where \`gcloud iam service-accounts describe ${other}\` still finds an account, the bridge runs as another one than the role trusts.`,
    },
  ];
}

function otherAudience(pins: Pins, { aud = '' }: Claims): Cause[] {
  const values = pins.get('oaud') ?? [];
  if (values.length === 0 || values.includes(aud) || values.some(isUniqueId)) return [];
  return [
    {
      found: `wants a token for ${values.map(quote).join(' or ')}, and ours is for ${quote(aud)}`,
      fix: `Audiences are mixed up: write ${quote(aud)} as ${GOOGLE}:oaud in the trust policy, or set aws.audience to what stands there.`,
    },
  ];
}
