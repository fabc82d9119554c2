// `fedbridge caller-doctor`: checks whether a caller's machine can read through a bridge, and reports problems and their fixes.
import { examineCaller } from '../caller/doctor/examine-caller.ts';
import type { ObjectName } from '../caller/doctor/read-step.ts';
import { tokenSource } from '../caller/token-source.ts';
import { readGoogleApis } from '../config/load.ts';
import { quote } from '../config/show.ts';
import { readArguments, UsageError } from './arguments.ts';
import { BRIDGE_USAGE, readBridgeOptions } from './bridge-options.ts';
import { printResult } from './print-result.ts';
import type { Result } from './print-result.ts';
import { printSteps } from './print-steps.ts';

const USAGE = `Usage: fedbridge caller-doctor --audience URL [--upstream URL] [--as EMAIL | --token-file FILE]
                               [--get BUCKET/KEY] [--json]

Takes the same steps as a client on this machine: gets an identity token, sends it to the bridge, looks up which grant decides
a read, and reads one byte of one object. Reports problems and how to fix them. Makes no changes, and prints no token.

${BRIDGE_USAGE}  --get BUCKET/KEY the object to read; default: the first object that a grant allows you to get
  --json           print JSON, for programs

Exit code: 0 no problems found, 1 problems found, 2 wrong usage, 3 only warnings.
`;

/** Ends the process; see {@link printResult}. */
export function callerDoctor(args: readonly string[]): Promise<never> {
  return printResult('caller-doctor', USAGE, (): Promise<Result> => {
    const { values, switches } = readArguments(args, {
      options: ['audience', 'upstream', 'as', 'token-file', 'get'],
      switches: ['json'],
    });
    const bridge = readBridgeOptions(values);
    const object = values.get === undefined ? undefined : readObjectName(values.get);
    const fetchToken = tokenSource({ ...bridge, googleApis: readGoogleApis() });
    return printSteps(examineCaller({ ...bridge, fetchToken, object }), { json: switches.has('json') });
  });
}

function readObjectName(text: string): ObjectName {
  const [, bucket, key] = /^([^/]+)\/(.+)$/s.exec(text) ?? [];
  if (bucket === undefined || key === undefined)
    throw new UsageError(
      `--get must be BUCKET/KEY, not ${quote(text)}. For example, use --get acme-lake/raw/public/orders.csv.`,
    );
  return { bucket, key };
}
