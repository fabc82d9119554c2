// Validates the parameters of STS requests. As in AWS, one error lists all violations.
import { StsError } from './sts-error.ts';

export type Parameters = Readonly<Record<string, string | undefined>>;

interface Limit {
  readonly required?: true;
  readonly length?: readonly [least: number, most: number];
  readonly number?: readonly [least: number, most: number];
  readonly pattern?: RegExp;
}

const NAME = /^[\w+=,.@-]*$/;
// eslint-disable-next-line no-control-regex -- STS's own pattern, shown in its message
const LATIN_1 = /^[\u0009\u000A\u000D\u0020-\u00FF]+$/;

const LIMITS: Readonly<Record<string, Readonly<Record<string, Limit>>>> = {
  AssumeRoleWithWebIdentity: {
    RoleArn: { required: true, length: [20, 2048] },
    RoleSessionName: { required: true, length: [2, 64], pattern: NAME },
    WebIdentityToken: { required: true, length: [4, 20_000] },
    ProviderId: { length: [4, 2048] },
    Policy: { length: [1, 2048], pattern: LATIN_1 },
    DurationSeconds: { number: [900, 43_200] },
  },
  AssumeRole: {
    RoleArn: { required: true, length: [20, 2048] },
    RoleSessionName: { required: true, length: [2, 64], pattern: NAME },
    Policy: { length: [1, 2048], pattern: LATIN_1 },
    DurationSeconds: { number: [900, 43_200] },
    ExternalId: { length: [2, 1224], pattern: /^[\w+=,.@:/-]*$/ },
    SourceIdentity: { length: [2, 64], pattern: NAME },
    SerialNumber: { length: [9, 256], pattern: /^[\w+=/:,.@-]*$/ },
    TokenCode: { length: [6, 6], pattern: /^\d*$/ },
  },
  GetCallerIdentity: {},
};

export const ACTIONS = Object.keys(LIMITS);

/** Formats a value for an error message. Like AWS, omits a token's value. */
const shown = (name: string, value: string) => (name === 'WebIdentityToken' ? '' : `'${value}' `);

function* broken(name: string, value: string | undefined, limit: Limit): Generator<string> {
  const member = name.charAt(0).toLowerCase() + name.slice(1);
  const fails = (constraint: string) =>
    `Value ${value === undefined ? 'null ' : shown(name, value)}at '${member}' failed to satisfy constraint: ${constraint}`;
  if (value === undefined) {
    if (limit.required) yield fails('Member must not be null');
    return;
  }
  const { length, number, pattern } = limit;
  if (length && value.length < length[0])
    yield fails(`Member must have length greater than or equal to ${length[0]}`);
  if (length && value.length > length[1])
    yield fails(`Member must have length less than or equal to ${length[1]}`);
  if (pattern && !pattern.test(value))
    yield fails(`Member must satisfy regular expression pattern: ${pattern.source}`);
  if (number && !(Number(value) >= number[0]))
    yield fails(`Member must have value greater than or equal to ${number[0]}`);
  if (number && Number(value) > number[1])
    yield fails(`Member must have value less than or equal to ${number[1]}`);
}

/** Throws AWS's ValidationError for parameters outside their limits. */
export function checkParameters(action: string, parameters: Parameters): void {
  const faults = Object.entries(LIMITS[action] ?? {}).flatMap(([name, limit]) => [
    ...broken(name, parameters[name], limit),
  ]);
  if (faults.length === 0) return;
  const count = `${faults.length} validation error${faults.length > 1 ? 's' : ''} detected: `;
  throw new StsError('ValidationError', count + faults.join('; '));
}

/** Reads a list from form fields such as `Tags.member.1.Key` or `TransitiveTagKeys.member.1`. */
export function listOf(parameters: Parameters, name: string, field = ''): string[] {
  const values: string[] = [];
  for (let index = 1; ; index++) {
    const value = parameters[`${name}.member.${index}${field && `.${field}`}`];
    if (value === undefined) return values;
    values.push(value);
  }
}
