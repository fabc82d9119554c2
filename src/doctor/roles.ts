// Checks whether STS returns a session for each role, and reports the session's principal or why STS refused.
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
  /**
   * A role's trust policy, if the user supplied one. The doctor cannot read the trust policy from AWS, because the bridge's
   * sessions are not allowed to.
   */
  readonly trust: TrustFile | undefined;
  /**
   * Whether a wrong clock has already been reported. If so, errors that a wrong clock causes are not reported as further
   * problems.
   */
  readonly clockIsOff: boolean;
}

export function examineRoles(context: RoleContext): Examined {
  return examineInOrder([...context.config.roles.values()], (role) => examineRole(role, context));
}

async function* examineRole(role: Role, context: RoleContext): Examined {
  const step = roleStep(role.name);
  const { access } = context;
  try {
    const session = await access.assumeChain(role, await ownAttribution(role, access), DENY_ALL);
    const arn = await access.callerIdentity(session);
    const hops = role.then.length;
    const through = hops === 0 ? '' : ` through ${hops} chained ${hops === 1 ? 'role' : 'roles'}`;
    yield {
      step,
      outcome: 'fine',
      found: `assumed${through}, for ${Math.round(session.lifeMs / 60_000)} min`,
      compared: { 'assumed role': arn },
    };
  } catch (error) {
    yield* explainRefusal(role, asFault(error), context);
  }
}

export const roleStep = (name: string): string => `role ${name}`;

/** Faults that a wrong clock can cause; they may also have other causes. */
const CLOCK_FAULTS: ReadonlySet<FaultCode> = new Set(['sts_token_expired', 'sts_credentials_rejected']);

const REFUSED = 'cannot be assumed';

async function* explainRefusal(role: Role, fault: Fault, context: RoleContext): Examined {
  const step = roleStep(role.name);
  const { config, access, stsOrigin, trust, clockIsOff } = context;
  const { code, detail } = fault;
  if (clockIsOff && CLOCK_FAULTS.has(code)) {
    yield {
      step,
      outcome: 'unknown',
      found: `STS rejects requests because a clock is wrong: ${code}`,
      fault: code,
    };
  } else if (code === 'sts_unreachable' || code === 'sts_timeout') {
    // STS has not evaluated the token, so the finding omits the token's claims.
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
    ? "AWS does not report which side denied the call. Check that the role trusts the profile's identity (`aws sts get-caller-identity --profile NAME`), and that this identity may call sts:AssumeRole on the role."
    : `AWS does not report which side denied the call. Compare the trust policy of hop ${hop} with the output of \`fedbridge trust-policy ${name} --hop ${hop}\`. Also allow the role in \`assumedBy\` to perform the actions in \`needs\` on the role at hop ${hop}.`;
}
