// Parses IAM policy documents as strictly as IAM does, and evaluates them for a request.
import { holds, isOperator, type Condition } from './conditions.ts';
import { fits, type Context, type Template } from './pattern.ts';

/** `identity`: a user's or role's policy; `trust`: a role's trust policy; `resource`: a bucket or KMS key policy. */
export type PolicyKind = 'identity' | 'trust' | 'resource';

/** A principal in a policy, such as `AWS:arn…` or `Federated:accounts.google.com`. */
type Principal = string;

interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly notActions: boolean;
  readonly resources: readonly string[];
  readonly notResources: boolean;
  readonly principals: readonly Principal[];
  readonly conditions: readonly Condition[];
}

export interface Policy {
  /** Whether `${…}` is a variable: true for policy version 2012-10-17, false for older versions. */
  readonly variables: boolean;
  readonly statements: readonly Statement[];
}

export interface PolicyRequest {
  readonly action: string;
  /** The requested resource; absent for a trust policy, because its resource is the role itself. */
  readonly resource?: string;
  /** If set, only statements whose principal is "*" or one of these apply. */
  readonly principals?: readonly Principal[];
  readonly context: Context;
}

export type Decision = 'allowed' | 'denied' | 'not allowed';

/** A policy document that IAM would reject; the message is IAM's. */
export class MalformedPolicy extends Error {}

const VERSIONS = ['2012-10-17', '2008-10-17'];
const ACTION = /^(\*|[\w-]+:[\w*?-]+)$/;
const MEMBERS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition', 'Principal'];

/** Parses a document. Throws {@link MalformedPolicy} if IAM would reject it. */
export function readPolicy(text: string, kind: PolicyKind): Policy {
  const document = objectOf(parsed(text));
  const { Version: version = '2008-10-17', Statement: statement } = document;
  const unknown = Object.keys(document).find((name) => !['Version', 'Id', 'Statement'].includes(name));
  if (unknown !== undefined || !VERSIONS.includes(String(version)))
    throw new MalformedPolicy('Syntax errors in policy.');
  const statements = Array.isArray(statement) ? (statement as unknown[]) : [statement];
  if (statements.length === 0) throw new MalformedPolicy('Syntax errors in policy.');
  return {
    variables: version === '2012-10-17',
    statements: statements.map((one) => readStatement(objectOf(one), kind)),
  };
}

function readStatement(statement: Readonly<Record<string, unknown>>, kind: PolicyKind): Statement {
  const {
    Effect: effect,
    Action,
    NotAction,
    Resource,
    NotResource,
    Condition: condition,
    Principal,
  } = statement;
  const actions = stringsOf(Action ?? NotAction);
  const resources = kind === 'trust' ? [] : stringsOf(Resource ?? NotResource);
  const wellFormed =
    Object.keys(statement).every((name) => MEMBERS.includes(name)) &&
    (effect === 'Allow' || effect === 'Deny') &&
    (Action === undefined || NotAction === undefined) &&
    (Resource === undefined || NotResource === undefined) &&
    (kind === 'identity') === (Principal === undefined) &&
    (kind !== 'trust' || Resource === undefined);
  if (!wellFormed) throw new MalformedPolicy('Syntax errors in policy.');
  if (!actions.every((action) => ACTION.test(action))) {
    throw new MalformedPolicy('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
  }
  if (!resources.every((resource) => resource === '*' || resource.split(':').length >= 6)) {
    throw new MalformedPolicy('Resource must be in ARN format or "*".');
  }
  return {
    effect,
    actions,
    notActions: NotAction !== undefined,
    resources,
    notResources: NotResource !== undefined,
    principals: Principal === undefined ? [] : principalsOf(Principal),
    conditions: condition === undefined ? [] : conditionsOf(objectOf(condition)),
  };
}

function conditionsOf(block: Readonly<Record<string, unknown>>): Condition[] {
  return Object.entries(block).flatMap(([operator, keys]) => {
    if (!isOperator(operator)) throw new MalformedPolicy(`Invalid Condition type : ${operator}.`);
    return Object.entries(objectOf(keys)).map(([key, values]) => ({
      operator,
      key,
      values: stringsOf(values),
    }));
  });
}

function principalsOf(principal: unknown): Principal[] {
  if (principal === '*') return ['*'];
  return Object.entries(objectOf(principal)).flatMap(([type, names]) =>
    stringsOf(names).map((name) => (name === '*' ? '*' : `${type}:${name}`)),
  );
}

/** An explicit Deny overrides any Allow. */
export function evaluate(policy: Policy, request: PolicyRequest): Decision {
  const applying = policy.statements.filter((statement) => applies(statement, request, policy.variables));
  if (applying.some(({ effect }) => effect === 'Deny')) return 'denied';
  return applying.some(({ effect }) => effect === 'Allow') ? 'allowed' : 'not allowed';
}

function applies(statement: Statement, request: PolicyRequest, variables: boolean): boolean {
  const { action, resource, principals, context } = request;
  const pattern = (text: string): Template => ({ text, variables, wildcards: true });
  const named = statement.actions.some((one) =>
    fits(action.toLowerCase(), { text: one.toLowerCase(), variables: false, wildcards: true }, context),
  );
  if (named === statement.notActions) return false;
  if (resource !== undefined) {
    const reached = statement.resources.some((one) => fits(resource, pattern(one), context));
    if (reached === statement.notResources) return false;
  }
  if (principals && !statement.principals.some((one) => one === '*' || principals.includes(one)))
    return false;
  return statement.conditions.every((condition) => holds(condition, context, variables));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedPolicy('The policy is not in the valid JSON format.');
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new MalformedPolicy('Syntax errors in policy.');
}

function stringsOf(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  const scalar = (one: unknown) => ['string', 'boolean', 'number'].includes(typeof one);
  if (values.length > 0 && values.every(scalar)) return values.map(String);
  throw new MalformedPolicy('Syntax errors in policy.');
}
