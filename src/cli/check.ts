// `fedbridge check [FILE]`: says whether a configuration is valid, and in words who may read what, as which role; or of one
// caller and one read which grant decides, and why.
import { readConfig, readConfigDocument } from './read-config.ts';
import { readDocument } from '../config/document.ts';
import { ConfigError, describeProblem } from '../config/problem.ts';
import { readSource } from '../config/read-file.ts';
import { findWarnings } from '../config/warnings.ts';
import { HelpRequested, readArguments, UsageError } from './arguments.ts';
import { decide } from './check/decision.ts';
import { describeConfig } from './check/describe.ts';
import { REQUEST_OPTIONS, readCheckRequest } from './check/request.ts';
import type { CheckRequest } from './check/request.ts';
import { write } from './print-result.ts';

const USAGE = `Usage: fedbridge check [FILE] [--caller CALLER --get BUCKET/KEY]

Checks FILE as FEDBRIDGE_CONFIG would be, or without FILE what the environment says, and tells what it means.
With --caller (an e-mail, a unique ID or EMAIL#ID) it tells instead which grant decides about a read of that caller, and as
which role, or why none does:

  --get, --versions, --tags, --attributes BUCKET/KEY   the object, an old version of it, its tags, its attributes
  --list BUCKET/PREFIX                                 its keys
`;

/** @returns 0: valid, or allowed; 1: invalid, every problem on standard error, or not allowed; 2: wrong usage */
export async function check(args: readonly string[]): Promise<number> {
  try {
    const { file, request } = readUsage(args);
    const text = file === undefined ? undefined : readFile(file);
    const config = text === undefined ? readConfig() : readConfigDocument(text);
    for (const warning of findWarnings(config))
      await write(process.stderr, `Warning: ${describeProblem(warning)}\n`);
    if (request === undefined) {
      await write(process.stdout, describeConfig(config));
      return 0;
    }
    const decision = decide(config, request, linesIn(text));
    await write(process.stdout, decision.text);
    return decision.allowed ? 0 : 1;
  } catch (error) {
    if (error instanceof HelpRequested) {
      await write(process.stdout, USAGE);
      return 0;
    }
    if (error instanceof UsageError) {
      await write(process.stderr, `fedbridge check: ${error.message}\n${USAGE}`);
      return 2;
    }
    if (!(error instanceof ConfigError)) throw error;
    await write(process.stderr, `${error.message}\n`);
    return 1;
  }
}

/** @throws HelpAsked, UsageError */
function readUsage(args: readonly string[]): { readonly file?: string; readonly request?: CheckRequest } {
  const { values, positionals } = readArguments(args, { options: REQUEST_OPTIONS, optional: ['FILE'] });
  const [file] = positionals;
  const request = readCheckRequest(values);
  return { ...(file === undefined ? {} : { file }), ...(request === undefined ? {} : { request }) };
}

/** @throws ConfigError */
function readFile(file: string): string {
  const source = readSource(file, 'FILE');
  if ('problem' in source) throw new ConfigError([source.problem]);
  return source.text;
}

/** On which line of a file each grant stands, by its position. */
function linesIn(text: string | undefined): (position: number) => number | undefined {
  if (text === undefined) return () => undefined;
  const { locate } = readDocument(text);
  return (position) => locate(['grants', position]).line;
}
