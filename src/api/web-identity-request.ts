// Parses an AssumeRoleWithWebIdentity request. Parameters that would narrow the session are rejected, because ignoring them would
// give the client more access than it requested.
import { ROLE_ARN } from '../config/aws-names.ts';
import { Fault } from '../errors/fault.ts';
import { loggable } from '../s3/target.ts';

const ACTION = 'AssumeRoleWithWebIdentity';
const VERSION = '2011-06-15';

interface Parameter {
  readonly rule: string;
  readonly test: (value: string) => boolean;
  readonly isOptional?: true;
}

const seconds = (value: string): number => (/^\d{1,5}$/.test(value) ? Number(value) : 0);

/** The parameters of AssumeRoleWithWebIdentity (STS API Reference, AssumeRoleWithWebIdentity, "Request Parameters"). */
const PARAMETERS: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  [
    'RoleArn',
    {
      rule: `${ROLE_ARN.must}; any role is accepted, because grants decide what you may read`,
      test: ROLE_ARN.test,
    },
  ],
  [
    'RoleSessionName',
    {
      rule: 'must consist of 2 to 64 letters, digits and _+=,.@-',
      test: (value) => /^[\w+=,.@-]{2,64}$/.test(value),
    },
  ],
  ['WebIdentityToken', { rule: 'must be given', test: (value) => value !== '' }],
  [
    'DurationSeconds',
    {
      rule: 'must be from 900 to 43200; omit it, because the credentials expire with the token',
      test: (value) => seconds(value) >= 900 && seconds(value) <= 43_200,
      isOptional: true,
    },
  ],
]);

export interface WebIdentityRequest {
  readonly roleArn: string;
  readonly token: string;
}

/** @throws Fault web_identity_action_invalid, web_identity_parameter_invalid */
export function readWebIdentityRequest(form: URLSearchParams): WebIdentityRequest {
  if (form.get('Action') !== ACTION || form.get('Version') !== VERSION)
    throw new Fault('web_identity_action_invalid');
  for (const name of form.keys()) {
    if (form.getAll(name).length > 1) throw invalid(name, 'must be given only once');
    if (name !== 'Action' && name !== 'Version' && !PARAMETERS.has(name))
      throw invalid(name, 'is not supported: omit it');
  }
  // Trims each value, because token files often end with a newline.
  const values = new Map([...form].map(([name, value]) => [name, value.trim()]));
  for (const [name, { rule, test, isOptional }] of PARAMETERS) {
    const value = values.get(name);
    if (value === undefined ? isOptional !== true : !test(value)) throw invalid(name, rule);
  }
  return { roleArn: values.get('RoleArn') ?? '', token: values.get('WebIdentityToken') ?? '' };
}

/**
 * Creates a fault that names only the part of the parameter before the first dot, such as `PolicyArns` for
 * `PolicyArns.member.1.arn`.
 */
function invalid(name: string, rule: string): Fault {
  const [list = ''] = name.split('.', 1);
  return new Fault('web_identity_parameter_invalid', { parameter: loggable(list), rule });
}
