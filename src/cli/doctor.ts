// `fedbridge doctor`: checks each step of the bridge's path, and reports what was compared and how to fix problems.
import { rejectProfileLoop, readPlatform } from '../config/load.ts';
import { readConfigIn } from './read-config.ts';
import { ConfigError } from '../config/problem.ts';
import { examine, surroundings } from '../doctor/examine.ts';
import type { Examined } from '../doctor/step-report.ts';
import { readTrustFile } from '../doctor/trust-file.ts';
import type { TrustFile } from '../doctor/trust-file.ts';
import { createRoleAccess } from '../server/role-access.ts';
import { readArguments } from './arguments.ts';
import { promptMfaCode } from './prompt-mfa-code.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';
import { printSteps } from './print-steps.ts';

const USAGE = `Usage: fedbridge doctor [--config FILE] [--trust-policy FILE] [--json]

Takes the same steps as the bridge, from the metadata server through STS to each bucket, and reports problems and fixes.
For each grant that it checks, reads one byte of one object, and tries a read and a list that the grant does not allow.
If the bucket has a CloudFront distribution, reads a part of one object both through CloudFront and directly, and tries to read
it through CloudFront without a signature. Makes no changes.

  --config FILE        use this configuration instead of FEDBRIDGE_CONFIG
  --trust-policy FILE  a role's trust policy, or the output of \`aws iam get-role\`, to compare with the token if STS denies access
  --json               print JSON, for programs

Exit code: 0 no problems found, 1 problems found, 2 wrong usage, 3 only warnings.
`;

/** Ends the process; see {@link printResult}. */
export function doctor(args: readonly string[]): Promise<never> {
  return printResult('doctor', USAGE, async (): Promise<Result> => {
    const { values, switches } = readArguments(args, {
      options: ['config', 'trust-policy'],
      switches: ['json'],
    });
    const { config, 'trust-policy': trustPolicy } = values;
    const trust = trustPolicy === undefined ? undefined : readTrustFile(trustPolicy, '--trust-policy');
    return printSteps(examineAll(config, trust), { json: switches.has('json') });
  });
}

async function* examineAll(file: string | undefined, trust: TrustFile | undefined): Examined {
  yield surroundings(readPlatform());
  try {
    const config = readConfigIn({ file });
    if (config.identity.kind === 'profile') rejectProfileLoop(config.identity.name);
    yield* examine(config, createRoleAccess(config, promptMfaCode), trust);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const { field, rule, fix, line } of error.problems) {
      yield {
        step: 'configuration',
        outcome: 'wrong',
        found: `${field} ${rule}`,
        ...(line === undefined ? {} : { compared: { line } }),
        fix: fix === '' ? 'Change the value to follow this rule.' : fix,
      };
    }
    yield {
      step: 'other steps',
      outcome: 'unknown',
      found: 'not checked, because the configuration is not valid',
    };
  }
}
