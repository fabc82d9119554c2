// Looks at each role: whether STS gives a session of it, to whom, and where not, why.
import type { Config, Role } from '../config/types.ts';
import type { FaultCode } from '../errors/table.ts';
import { asFault } from '../errors/fault.ts';
import type { Fault } from '../errors/fault.ts';
import { ownAttribution } from '../federation/session-name.ts';
import { DENY_ALL } from '../federation/federate.ts';
import type { RoleAccess } from '../server/role-access.ts';
import { egressFix } from './egress.ts';
import { failed, examineInOrder } from './step-report.ts';
import type { Examined } from './step-report.ts';
import { compareWithTrust } from './trust-comparison.ts';
import type { TrustFile } from './trust-file.ts';

export interface RoleContext {
  readonly config: Config;
  readonly access: RoleAccess;
  readonly stsOrigin: string;
  /** A role's trust policy, where the person has it: AWS shows it to none of our sessions. */
  readonly trust: TrustFile | undefined;
  /** Whether that was told already, so that its consequences need not be. */
  readonly clockIsOff: boolean;
}

export function examineRoles(context: RoleContext): Examined {
  return examineInOrder([...context.config.roles.values()], (role) => examineRole(role, context));
}

async function* examineRole(role: Role, context: RoleContext): Examined {
  const step = roleStep(role.name);
  const { access } = context;
  try {
    const held = await access.assumeChain(role, await ownAttribution(role, access), DENY_ALL);
    const arn = await access.callerIdentity(held);
    const hops = role.then.length;
    const through = hops === 0 ? '' : ` through ${hops} further ${hops === 1 ? 'hop' : 'hops'}`;
    yield {
      step,
      outcome: 'fine',
      found: `assumed${through}, for ${Math.round(held.lifeMs / 60_000)} min`,
      compared: { 'AWS says': arn },
    };
  } catch (error) {
    yield* explainRefusal(role, asFault(error), context);
  }
}

export const roleStep = (name: string): string => `role ${name}`;

/** What a clock that is wrong leads to, among other causes. */
const CLOCK_FAULTS: ReadonlySet<FaultCode> = new Set(['sts_token_expired', 'sts_credentials_rejected']);

const REFUSED = 'cannot be assumed';

async function* explainRefusal(role: Role, fault: Fault, context: RoleContext): Examined {
  const step = roleStep(role.name);
  const { config, access, stsOrigin, trust, clockIsOff } = context;
  const { code, detail } = fault;
  if (clockIsOff && CLOCK_FAULTS.has(code)) {
    yield { step, outcome: 'unknown', found: `STS refuses because of the clock: ${code}`, fault: code };
  } else if (code === 'sts_unreachable' || code === 'sts_timeout') {
    // Nothing was compared yet.
    yield {
      step,
      outcome: 'wrong',
      found: `${REFUSED}: ${code}`,
      fault: code,
      compared: {
        requested: stsOrigin,
        ...(detail['error'] === undefined ? {} : { error: detail['error'] }),
      },
      fix: egressFix(stsOrigin, config.platform, detail['error']),
    };
  } else if (code === 'sts_hop_denied') {
    yield failed(step, REFUSED, fault, { fix: hopFix(role, fault) });
  } else if (code === 'sts_denied' && access.identity !== undefined) {
    const token = await access.identity.token({ refresh: false }).catch(() => undefined);
    yield* compareWithTrust({ step, role, fault, token, trust });
  } else yield failed(step, REFUSED, fault, { compared: { 'STS region': config.aws.region } });
}

function hopFix({ name }: Role, { detail }: Fault): string {
  const { hop } = detail;
  return hop === undefined
    ? 'The role must trust whom the AWS profile is (`aws sts get-caller-identity --profile NAME`), and that one be allowed sts:AssumeRole on it: AWS does not say which of the two is missing.'
    : `AWS does not say which side refuses: compare that role's trust policy with what \`fedbridge trust-policy ${name} --hop ${hop}\` prints, and allow the role in assumedBy what \`needs\` names on it.`;
}
