// `fedbridge revoke ROLE`: prints the policy that revokes a role's existing sessions, and the commands that apply this policy.
import { parseRoleArn } from '../config/aws-names.ts';
import { readRoleSettings } from './read-config.ts';
import { readArguments } from './arguments.ts';
import { findRole } from './assumed-role.ts';
import { commented, onlyInAccountOf } from './role-commands.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';

const USAGE = `Usage: fedbridge revoke ROLE [--config FILE]

Prints commands that revoke the existing sessions of ROLE and of each chained role. One command adds a policy that denies
everything to sessions that exist now; a second command removes the policy later. Run the commands yourself, with
credentials for the role's account: the bridge has no permission to change roles.

  ROLE            the name of a role in the configuration, or any role's ARN
  --config FILE   use this configuration instead of FEDBRIDGE_CONFIG
`;

/** The policy name that the AWS console uses (IAM user guide, "Revoke IAM role temporary security credentials"). */
const POLICY_NAME = 'AWSRevokeOlderSessions';

/** Ends the process; see {@link printResult}. */
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

const AFTERWARDS = `# After you run these commands, S3 rejects the old sessions, but the bridge can start new sessions. To lock out the bridge, change
# the role's trust policy first. The old sessions include credentials that callers obtained with \`vend\`. To prevent callers from
# obtaining new credentials, remove \`vend\` from the grants and reload the bridge first.
`;

/**
 * Returns the commands for one role, with explanations as shell comments, so that users can pipe the whole output to a shell.
 */
function commandsFor(arn: string, now: Date): string {
  const { account, name: role } = parseRoleArn(arn);
  const named = `--role-name ${role} --policy-name ${POLICY_NAME}`;
  const onlyThere = (command: string) => onlyInAccountOf(arn, command);
  const policy = JSON.stringify(olderSessionsDenied(now), null, 2);
  return `# Revokes sessions of role ${role} in account ${account}. Requires credentials that may change the role:
${onlyThere(`aws iam put-role-policy ${named} --policy-document '${policy}'`)}
# When all old sessions have expired (after the role's maximum session duration), remove the policy:
${commented(onlyThere(`aws iam delete-role-policy ${named}`))}
`;
}

/**
 * Returns a policy that denies everything to sessions that began before `now`. AWS records when each session began (IAM user
 * guide, aws:TokenIssueTime). In a chain of roles, each role's session has its own time.
 */
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
