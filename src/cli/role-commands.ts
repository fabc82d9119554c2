// AWS CLI commands that create or change a role. The commands run only with credentials for the role's own account.
import { parseRoleArn } from '../config/aws-names.ts';
import { quoteForShell } from '../config/show.ts';
import { POLICY_NAME } from '../policy/role-definition.ts';
import type { RoleDefinition } from '../policy/role-definition.ts';

/**
 * Returns commands that create a role for the bridge or update an existing role. The text is valid shell input, so that users
 * can pipe it to a shell. The commands that replace an existing role's trust policy are commented out.
 */
export function roleCommands(role: RoleDefinition): string {
  const { account } = parseRoleArn(role.arn);
  const named = `--role-name ${quoteForShell(role.name)}`;
  const seconds = `--max-session-duration ${role.maxSessionSeconds}`;
  const trust = quoteForShell(JSON.stringify(role.trust, null, 2));
  const permissions = quoteForShell(JSON.stringify(role.permissions, null, 2));
  const put = `aws iam put-role-policy ${named} --policy-name ${POLICY_NAME} --policy-document ${permissions}`;
  const create = `aws iam create-role ${named} --path ${quoteForShell(role.path)} ${seconds} --assume-role-policy-document ${trust}`;
  const update = `aws iam update-assume-role-policy ${named} --policy-document ${trust} &&
  aws iam update-role ${named} ${seconds}`;
  return `# Creates role ${role.name} in account ${account}. Requires credentials that may create roles:
${onlyInAccountOf(role.arn, `${create} &&\n  ${put}`)}
# If the role already exists, run these commands instead. They replace its trust policy and its inline policy "${POLICY_NAME}":
${commented(onlyInAccountOf(role.arn, `${update} &&\n  ${put}`))}
`;
}

/**
 * Wraps a command so that it runs only with credentials for the account of the role. Several accounts in a chain of roles may
 * have a role with the same name.
 * @param command the command; all of its lines after the first must already be indented by two spaces
 */
export function onlyInAccountOf(arn: string, command: string): string {
  const { account, name } = parseRoleArn(arn);
  return `if [ "$(aws sts get-caller-identity --query Account --output text)" = ${account} ]; then
  ${command}
else
  echo 'Not applied to role ${name} in account ${account}: the current credentials are for a different account.' >&2
fi`;
}

export const commented = (commands: string): string => commands.replaceAll(/^/gm, '# ');
