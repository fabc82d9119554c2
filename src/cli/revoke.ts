// `fedbridge revoke ROLE`: the policy that ends every session of a role that began before now, and the commands that apply it.
import { parseRoleArn } from '../config/aws-names.ts';
import { readRoleSettings } from './read-config.ts';
import { readArguments } from './arguments.ts';
import { findRole } from './assumed-role.ts';
import { commented, onlyInAccountOf } from './account-guard.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge revoke ROLE [--config FILE]

Prints, for ROLE and each further hop, the policy that denies everything to sessions which began before now, and the commands
that put it on the role and take it away, which do so with credentials of the role's own account alone. Changes nothing
itself: the bridge has no such right.

  ROLE            the name of a role in the configuration, or any role's ARN
  --config FILE   the configuration, in the place of FEDBRIDGE_CONFIG
`;

/** As the AWS console names it (IAM user guide, "Revoke IAM role temporary security credentials"), which then shows it too. */
const POLICY_NAME = 'AWSRevokeOlderSessions';

/** Ends the process, see {@link printResult}. */
export function revoke(args: readonly string[]): Promise<never> {
  return printResult('revoke', USAGE, (): Result => {
    const { values, positionals } = readArguments(args, { options: ['config'], positionals: ['ROLE'] });
    const { roles } = readRoleSettings({ file: values.config, ownProfile: false });
    const [name = ''] = positionals;
    const { arn, then } = findRole(name, roles);
    const now = new Date();
    const parts = [arn, ...then.map((hop) => hop.arn)].map((role) => commandsFor(role, now));
    return { text: `${parts.join('\n')}\n${AFTERWARDS}`, code: 0 };
  });
}

const AFTERWARDS = `# The bridge then gets itself new sessions, as S3 refuses the old ones: to keep it out, change the role's trust policy first.
`;

/** Of a shell, so that the whole output can be piped to one. */
function commandsFor(arn: string, now: Date): string {
  const { account, name: role } = parseRoleArn(arn);
  const named = `--role-name ${role} --policy-name ${POLICY_NAME}`;
  const onlyThere = (command: string) => onlyInAccountOf(arn, command);
  const policy = JSON.stringify(olderSessionsDenied(now), null, 2);
  return `# Role ${role} of account ${account}, with credentials that may change it there:
${onlyThere(`aws iam put-role-policy ${named} --policy-document '${policy}'`)}
# Once all sessions are new, after the longest duration that the role allows:
${commented(onlyThere(`aws iam delete-role-policy ${named}`))}
`;
}

/** Sessions carry the time at which they began (IAM user guide, aws:TokenIssueTime); role chaining gives each hop its own. */
const olderSessionsDenied = (now: Date) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateLessThan: { 'aws:TokenIssueTime': now.toISOString() } },
    },
  ],
});
