// AWS CLI commands that create a role for the bridge, or bring an existing one up to date.
import { parseRoleArn } from '../config/aws-names.ts';
import { POLICY_NAME } from '../policy/role-definition.ts';
import type { RoleDefinition } from '../policy/role-definition.ts';
import { commented, onlyInAccountOf } from './account-guard.ts';

/** For a shell, so that the whole output can be piped to one. It replaces no trust policy of an existing role by default. */
export function roleCommands(role: RoleDefinition): string {
  const { account } = parseRoleArn(role.arn);
  const named = `--role-name ${quoted(role.name)}`;
  const seconds = `--max-session-duration ${role.maxSessionSeconds}`;
  const trust = quoted(JSON.stringify(role.trust, null, 2));
  const permissions = quoted(JSON.stringify(role.permissions, null, 2));
  const put = `aws iam put-role-policy ${named} --policy-name ${POLICY_NAME} --policy-document ${permissions}`;
  const create = `aws iam create-role ${named} --path ${quoted(role.path)} ${seconds} --assume-role-policy-document ${trust}`;
  const update = `aws iam update-assume-role-policy ${named} --policy-document ${trust} &&
  aws iam update-role ${named} ${seconds}`;
  return `# Creates role ${role.name} of account ${account}, with credentials that may do so there:
${onlyInAccountOf(role.arn, `${create} &&\n  ${put}`)}
# If the role exists already, these replace its trust policy and its inline policy "${POLICY_NAME}" instead:
${commented(onlyInAccountOf(role.arn, `${update} &&\n  ${put}`))}
`;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
