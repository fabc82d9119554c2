// A CloudFormation template that creates a role for the bridge.
import { POLICY_NAME } from './role-definition.ts';
import type { RoleDefinition } from './role-definition.ts';

export function cloudFormationTemplate(role: RoleDefinition): object {
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `${role.arn}, which Fedbridge assumes. Create it in the account of that ARN, with CAPABILITY_NAMED_IAM.`,
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: role.name,
          Path: role.path,
          MaxSessionDuration: role.maxSessionSeconds,
          AssumeRolePolicyDocument: role.trust,
          Policies: [{ PolicyName: POLICY_NAME, PolicyDocument: role.permissions }],
        },
      },
    },
    Outputs: { RoleArn: { Value: { 'Fn::GetAtt': ['Role', 'Arn'] } } },
  };
}

/** CloudFormation replaces such text wherever it stands in a template ("Dynamic references"), and has no escape for it. */
export const hasDynamicReference = (template: object): boolean =>
  JSON.stringify(template).includes('{{resolve:');
