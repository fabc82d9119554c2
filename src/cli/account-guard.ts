// Shell commands that change a role: run only with credentials of the role's own account.
import { parseRoleArn } from '../config/aws-names.ts';

/**
 * A chain may lead through several accounts with a role of the same name in each, and a shell has the credentials of one.
 * @param command indented by two spaces from its second line on
 */
export function onlyInAccountOf(arn: string, command: string): string {
  const { account, name } = parseRoleArn(arn);
  return `if [ "$(aws sts get-caller-identity --query Account --output text)" = ${account} ]; then
  ${command}
else
  echo 'Not applied to role ${name} of account ${account}: these are no credentials of that account.' >&2
fi`;
}

export const commented = (commands: string): string => commands.replaceAll(/^/gm, '# ');
