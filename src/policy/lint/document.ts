// Parses a trust policy, or the output of `aws iam get-role`, into statements that are not validated yet.
import type { Problem } from '../../config/problem.ts';
import { entriesOf, fieldOf, isMap, itemsOf } from '../../config/unchecked-values.ts';
import { escapeText } from '../../config/show.ts';

/** A string, or the text of a JSON number, because a JavaScript number would lose some digits. */
export interface ConditionValue {
  readonly text: string;
  readonly isNumber: boolean;
}

export interface Condition {
  /** The position in the policy, for example `statement 1, StringEquals accounts.google.com:aud`. */
  readonly where: string;
  readonly operator: string;
  readonly key: string;
  readonly values: readonly ConditionValue[];
}

export interface Principal {
  /** The principal's type, such as `Federated` or `AWS`; `*` for `"Principal": "*"`. */
  readonly type: string;
  readonly name: string;
}

export interface Statement {
  /** The position in the policy, for example `statement 1 (its Sid)`. */
  readonly where: string;
  readonly effect: unknown;
  readonly principals: readonly Principal[];
  readonly hasNotPrincipal: boolean;
  readonly actions: readonly string[];
  readonly hasNotAction: boolean;
  readonly conditions: readonly Condition[];
  /** The names of elements in the statement that IAM would reject. */
  readonly malformed: readonly string[];
}

/** Parses a trust policy. For invalid JSON, reports only the position, because the engine's message quotes the text. */
export function readTrustPolicy(
  text: string,
  field: string,
): { statements: readonly Statement[] } | { problem: Problem } {
  const rejected = (rule: string, fix: string) => ({ problem: { field, rule, fix } });
  const document = parsePolicy(text);
  if ('at' in document) {
    return rejected(
      `must be valid JSON, but is not${document.at}`,
      "Provide the role's trust policy as stored in IAM.",
    );
  }
  const policy = policyIn(document.value);
  const statement = fieldOf(policy, 'Statement');
  const statements = isMap(statement) ? [statement] : itemsOf(statement);
  if (statements.length === 0 || !statements.every(isMap)) {
    return rejected(
      'must be a trust policy with a Statement that is an object or a list of objects',
      'Provide the output of `aws iam get-role --role-name NAME`, or its AssumeRolePolicyDocument.',
    );
  }
  return { statements: statements.map(readStatement) };
}

const DIGITS = Symbol('the digits of a JSON number');

function parsePolicy(text: string): { value: unknown } | { at: string } {
  // TypeScript does not yet declare the third argument (ECMAScript, "JSON.parse source text access").
  const keepDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? { [DIGITS]: context?.source ?? String(value) } : value;
  try {
    return { value: JSON.parse(unescaped(text), keepDigits) as unknown };
  } catch (error) {
    const [, line, column] =
      /\(line (\d+) column (\d+)\)$/.exec(error instanceof SyntaxError ? error.message : '') ?? [];
    return { at: line === undefined ? '' : ` from line ${line}, column ${String(column)}` };
  }
}

/** Decodes a policy that is percent-encoded, as in IAM's API response. */
function unescaped(text: string): string {
  const trimmed = text.trim();
  if (!/^%7B/i.test(trimmed)) return trimmed;
  try {
    return decodeURIComponent(trimmed);
  } catch {
    return trimmed;
  }
}

/** Finds the policy in the output of `get-role`, and parses it if it is a string. */
function policyIn(document: unknown): unknown {
  const role = fieldOf(document, 'Role') ?? document;
  const policy = fieldOf(role, 'AssumeRolePolicyDocument') ?? role;
  if (typeof policy !== 'string') return policy;
  const inner = parsePolicy(policy);
  return 'value' in inner ? inner.value : undefined;
}

function readStatement(statement: unknown, index: number): Statement {
  const part = (name: string): unknown => fieldOf(statement, name);
  const sid = part('Sid');
  const where = `statement ${index + 1}${typeof sid === 'string' && sid !== '' ? ` (${escapeText(sid.slice(0, 80))})` : ''}`;
  const principals = principalsOf(part('Principal'));
  const actions = textsIn(part('Action'));
  const conditions = conditionsOf(part('Condition') ?? {}, where);
  const wellFormed = {
    Effect: part('Effect') === 'Allow' || part('Effect') === 'Deny',
    Principal: part('Principal') === undefined || principals !== undefined,
    Action: part('Action') === undefined || actions !== undefined,
    Condition: conditions !== undefined,
  };
  return {
    where,
    effect: part('Effect'),
    principals: principals ?? [],
    hasNotPrincipal: part('NotPrincipal') !== undefined,
    actions: actions ?? [],
    hasNotAction: part('NotAction') !== undefined,
    conditions: conditions ?? [],
    malformed: Object.entries(wellFormed).flatMap(([name, valid]) => (valid ? [] : [name])),
  };
}

function textsIn(value: unknown): string[] | undefined {
  const values = typeof value === 'string' ? [value] : itemsOf(value);
  return values.length > 0 && values.every((one) => typeof one === 'string') ? [...values] : undefined;
}

function principalsOf(value: unknown): Principal[] | undefined {
  if (value === '*') return [{ type: '*', name: '*' }];
  const kinds = entriesOf(value).map(([type, names]) => ({ type, names: textsIn(names) }));
  if (kinds.length === 0) return undefined;
  const principals = kinds.flatMap(({ type, names = [] }) => names.map((name) => ({ type, name })));
  return kinds.some(({ names }) => names === undefined) ? undefined : principals;
}

function conditionsOf(value: unknown, where: string): Condition[] | undefined {
  if (!isMap(value)) return undefined;
  const conditions: Condition[] = [];
  for (const [operator, keys] of entriesOf(value)) {
    if (!isMap(keys)) return undefined;
    for (const [key, given] of entriesOf(keys)) {
      const values = (Array.isArray(given) ? itemsOf(given) : [given]).map(valueOf);
      const texts = values.filter((one) => one !== undefined);
      if (texts.length === 0 || texts.length < values.length) return undefined;
      conditions.push({
        where: `${where}, ${escapeText(operator.slice(0, 80))} ${escapeText(key.slice(0, 120))}`,
        operator,
        key,
        values: texts,
      });
    }
  }
  return conditions;
}

function valueOf(value: unknown): ConditionValue | undefined {
  if (typeof value === 'string' || typeof value === 'boolean')
    return { text: String(value), isNumber: false };
  if (typeof value !== 'object' || value === null || !(DIGITS in value)) return undefined;
  return { text: String(value[DIGITS]), isNumber: true };
}
