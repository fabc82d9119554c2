// Reads the trust policy that a person gives the doctor, and whose it is where `aws iam get-role` says so.
import { ConfigError } from '../config/problem.ts';
import { fieldOf } from '../config/unchecked-values.ts';
import { readSource } from '../config/read-file.ts';
import { readTrustPolicy } from '../policy/lint/document.ts';
import type { Statement } from '../policy/lint/document.ts';

export interface TrustFile {
  readonly statements: readonly Statement[];
  /** The role that it belongs to; absent where the file holds the policy alone. */
  readonly roleArn?: string;
}

/** @param option that named the file. @throws ConfigError */
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
    // As IAM's own answer, percent-encoded: the policy alone.
    return {};
  }
}
