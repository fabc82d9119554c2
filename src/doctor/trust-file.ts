// Reads the trust policy that the user supplies to the doctor, and the role's ARN if the file contains the output of `aws iam
// get-role`.
import { ConfigError } from '../config/problem.ts';
import { fieldOf } from '../config/unchecked-values.ts';
import { readSource } from '../config/read-file.ts';
import { readTrustPolicy } from '../policy/lint/document.ts';
import type { Statement } from '../policy/lint/document.ts';

export interface TrustFile {
  readonly statements: readonly Statement[];
  /** The ARN of the policy's role; absent if the file contains only the policy. */
  readonly roleArn?: string;
}

/** @param option the name of the option that specifies the file. @throws ConfigError */
export function readTrustFile(file: string, option: string): TrustFile {
  const source = readSource(file, option);
  const read = 'problem' in source ? source : readTrustPolicy(source.text, option);
  if ('problem' in source) throw new ConfigError([source.problem]);
  if ('problem' in read) throw new ConfigError([read.problem]);
  return { statements: read.statements, ...roleArnIn(source.text) };
}

function roleArnIn(text: string): Pick<TrustFile, 'roleArn'> {
  try {
    const roleArn = fieldOf(fieldOf(JSON.parse(text), 'Role'), 'Arn');
    return typeof roleArn === 'string' ? { roleArn } : {};
  } catch {
    // A text that is not JSON contains only the policy, percent-encoded as in the response of IAM's API.
    return {};
  }
}
