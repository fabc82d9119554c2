// Reads `--for` of `fedbridge trust-policy`: which Google service reads S3 without the bridge, and the ID of the service's
// account.
import { closestWord } from '../config/did-you-mean.ts';
import { ConfigError } from '../config/problem.ts';
import { quote } from '../config/show.ts';
import { SERVICE_ACCOUNTS } from '../policy/google-services.ts';
import type { GoogleService, GoogleServiceName } from '../policy/google-services.ts';
import { isUniqueId } from '../policy/lint/value-rules.ts';
import { UsageError } from './arguments.ts';

/**
 * A service that the role can trust. Dataflow workers run as one of the user's service accounts, so they have the same kind of
 * token as the bridge.
 */
type Trusted = GoogleService | { readonly name: 'dataflow' };

const NAMES = ['storage-transfer', 'bigquery', 'dataflow'] as const;

type Option = 'for' | 'subject-id' | 'identity' | 'unique-id' | 'audience' | 'lint';

/** The options that identify each service's account. */
const IDENTIFYING: Readonly<Record<Trusted['name'], readonly Option[]>> = {
  'storage-transfer': ['subject-id'],
  bigquery: ['identity'],
  dataflow: ['unique-id', 'audience'],
};

/**
 * @returns the service; undefined if `--for` is not given
 * @throws UsageError if the options cannot be combined, ConfigError if the service is unknown or the ID has the wrong format
 */
export function readTrustedService(values: Readonly<Partial<Record<Option, string>>>): Trusted | undefined {
  const name = values.for === undefined ? undefined : serviceName(values.for);
  for (const service of ['storage-transfer', 'bigquery'] as const) {
    const { option } = SERVICE_ACCOUNTS[service];
    if (values[option] !== undefined && name !== service)
      throw new UsageError(`--${option} can be used only with --for ${service}.`);
  }
  if (name === undefined) return undefined;
  const missing = IDENTIFYING[name].filter((option) => values[option] === undefined);
  // Only `--lint` works without these options: it then checks everything that does not depend on their values.
  if (missing.length > 0 && values.lint === undefined)
    throw new UsageError(`--for ${name} needs ${missing.map((option) => `--${option}`).join(' and ')}.`);
  if (name === 'dataflow') return { name };
  if (values['unique-id'] !== undefined || values.audience !== undefined)
    throw new UsageError(
      `--for ${name} cannot be combined with --unique-id or --audience: Google documents only the claim sub of this service's tokens.`,
    );
  return { name, ...subjectIn(values, name) };
}

function serviceName(text: string): Trusted['name'] {
  const name = NAMES.find((known) => known === text);
  if (name !== undefined) return name;
  const rule = `must be storage-transfer, bigquery or dataflow, not ${quote(text)}`;
  const meant = closestWord(text, NAMES);
  const fix =
    meant === undefined
      ? 'For any other program, omit --for, and give --unique-id and --audience of the service account that the program runs as.'
      : `Did you mean ${quote(meant)}?`;
  throw new ConfigError([{ field: '--for', rule, fix }]);
}

function subjectIn(
  values: Readonly<Partial<Record<Option, string>>>,
  name: GoogleServiceName,
): { readonly subject?: string } {
  const { owner, id, option, command } = SERVICE_ACCOUNTS[name];
  const subject = values[option];
  if (subject === undefined) return {};
  if (isUniqueId(subject)) return { subject };
  const rule = `must be the ${id} of ${owner}, which consists of digits, but is ${quote(subject)}`;
  throw new ConfigError([{ field: `--${option}`, rule, fix: `To find the ${id}, run: ${command}` }]);
}
