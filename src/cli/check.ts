// `fedbridge check [FILE]`: validates a configuration, and explains which callers may read which objects, and with which role.
// With the options for one caller and one read, shows which grant allows the read, or why none does. With `--schema`, prints
// the JSON Schema of configurations.
import { readConfig, readConfigDocument } from './read-config.ts';
import { readDocument } from '../config/document.ts';
import { ConfigError, describeProblem } from '../config/problem.ts';
import { readSource } from '../config/read-file.ts';
import { configurationJsonSchema } from '../config/json-schema.ts';
import { findWarnings } from '../config/warnings.ts';
import { HelpRequested, readArguments, UsageError } from './arguments.ts';
import { decide } from './check/decision.ts';
import { describeConfig } from './check/describe.ts';
import { checkCallerIssuer, REQUEST_OPTIONS, readCheckRequest } from './check/request.ts';
import type { CheckRequest, VendingRequest } from './check/request.ts';
import { describeVending } from './check/vending.ts';
import { write } from './print-result.ts';

const USAGE = `Usage: fedbridge check [FILE] [--caller CALLER --get BUCKET/KEY]
       fedbridge check --schema

Validates FILE (default: the configuration in the environment) and explains it.
With --caller (an email, a unique ID, EMAIL#ID, ISSUER:SUBJECT or user:EMAIL) and one of the options below, checks a single
read instead: shows which grant allows the read and which role performs it, or why the read is denied.

  --get, --versions, --tags, --attributes BUCKET/KEY   an object, an old version of it, its tags or its attributes
  --list BUCKET/PREFIX                                 the keys that begin with PREFIX
  --vend BUCKET                                        AWS credentials for everything in the grants with vend on BUCKET

With --schema, prints the JSON Schema of the configuration, for editors that check YAML files.
`;

/**
 * @returns 0 if the configuration is valid or the read is allowed; 1 if the configuration is invalid (all problems are printed
 * to standard error) or the read is not allowed; 2 for wrong usage
 */
export async function check(args: readonly string[]): Promise<number> {
  try {
    const { file, request, schema } = readUsage(args);
    if (schema) {
      await write(process.stdout, `${JSON.stringify(configurationJsonSchema(), null, 2)}\n`);
      return 0;
    }
    const text = file === undefined ? undefined : readFile(file);
    const config = text === undefined ? readConfig() : readConfigDocument(text);
    for (const warning of findWarnings(config))
      await write(process.stderr, `Warning: ${describeProblem(warning)}\n`);
    if (request === undefined) {
      await write(process.stdout, describeConfig(config));
      return 0;
    }
    checkCallerIssuer(request, config);
    const lineOf = linesIn(text);
    const decision =
      'read' in request ? decide(config, request, lineOf) : describeVending(config, request, lineOf);
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

/** @throws HelpRequested, UsageError */
function readUsage(args: readonly string[]): {
  readonly file?: string;
  readonly request?: CheckRequest | VendingRequest;
  readonly schema: boolean;
} {
  const accepted = { options: REQUEST_OPTIONS, switches: ['schema'], optional: ['FILE'] } as const;
  const { values, positionals, switches } = readArguments(args, accepted);
  const [file] = positionals;
  const request = readCheckRequest(values);
  const schema = switches.has('schema');
  if (schema && (file !== undefined || request !== undefined))
    throw new UsageError('--schema cannot be combined with FILE or other options.');
  return { ...(file === undefined ? {} : { file }), ...(request === undefined ? {} : { request }), schema };
}

/** @throws ConfigError */
function readFile(file: string): string {
  const source = readSource(file, 'FILE');
  if ('problem' in source) throw new ConfigError([source.problem]);
  return source.text;
}

/** Returns a function that finds the line of a grant in the file, by the grant's position in the list. */
function linesIn(text: string | undefined): (position: number) => number | undefined {
  if (text === undefined) return () => undefined;
  const { locate } = readDocument(text);
  return (position) => locate(['grants', position]).line;
}
