// Evaluates IAM's condition operators for a request's condition keys.
import { BlockList, isIP } from 'node:net';
import { fits, type Context } from './pattern.ts';

/** One operator, key and list of expected values from a policy's `Condition` block. */
export interface Condition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

/** Compares one value from the request with one expected value from the policy. */
type Test = (actual: string, wanted: string, context: Context, variables: boolean) => boolean;

const equals: Test = (actual, text, context, variables) =>
  fits(actual, { text, variables, wildcards: false }, context);
const like: Test = (actual, text, context, variables) =>
  fits(actual, { text, variables, wildcards: true }, context);
const equalsIgnoringCase: Test = (actual, wanted, ...rest) =>
  equals(actual.toLowerCase(), wanted.toLowerCase(), ...rest);

const compared =
  (value: (text: string) => number, holds: (actual: number, wanted: number) => boolean): Test =>
  (actual, wanted) =>
    holds(value(actual), value(wanted));
const dateOf = (text: string) => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text));

/** Matches an IP address against an address or a range such as `203.0.113.0/24`; invalid ranges match no address. */
const within: Test = (actual, wanted) => {
  const [network = '', bits] = wanted.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(actual) !== family) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const range = new BlockList();
  range.addSubnet(network, Number(bits ?? (family === 4 ? 32 : 128)), type);
  return range.check(actual, type);
};

const TESTS: Readonly<Record<string, { test: Test; negated?: true }>> = {
  StringEquals: { test: equals },
  StringNotEquals: { test: equals, negated: true },
  StringEqualsIgnoreCase: { test: equalsIgnoringCase },
  StringNotEqualsIgnoreCase: { test: equalsIgnoringCase, negated: true },
  StringLike: { test: like },
  StringNotLike: { test: like, negated: true },
  ArnEquals: { test: like },
  ArnLike: { test: like },
  ArnNotEquals: { test: like, negated: true },
  ArnNotLike: { test: like, negated: true },
  IpAddress: { test: within },
  NotIpAddress: { test: within, negated: true },
  Bool: { test: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase() },
  NumericEquals: { test: compared(Number, (actual, wanted) => actual === wanted) },
  NumericNotEquals: { test: compared(Number, (actual, wanted) => actual === wanted), negated: true },
  NumericLessThan: { test: compared(Number, (actual, wanted) => actual < wanted) },
  NumericLessThanEquals: { test: compared(Number, (actual, wanted) => actual <= wanted) },
  NumericGreaterThan: { test: compared(Number, (actual, wanted) => actual > wanted) },
  NumericGreaterThanEquals: { test: compared(Number, (actual, wanted) => actual >= wanted) },
  DateLessThan: { test: compared(dateOf, (actual, wanted) => actual < wanted) },
  DateLessThanEquals: { test: compared(dateOf, (actual, wanted) => actual <= wanted) },
  DateGreaterThan: { test: compared(dateOf, (actual, wanted) => actual > wanted) },
  DateGreaterThanEquals: { test: compared(dateOf, (actual, wanted) => actual >= wanted) },
};

const OPERATOR = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/;

/** Whether IAM has this operator; IAM rejects policies with unknown operators. */
export function isOperator(operator: string): boolean {
  const name = OPERATOR.exec(operator)?.[2] ?? '';
  return operator === 'Null' || Object.hasOwn(TESTS, name);
}

/** Whether a request satisfies the condition; `variables` is false for policy versions before 2012-10-17. */
export function holds({ operator, key, values }: Condition, context: Context, variables: boolean): boolean {
  const actual = context.get(key.toLowerCase());
  if (operator === 'Null')
    return values.some((value) => (value.toLowerCase() === 'true') === (actual === undefined));
  const [, quantifier, name = '', ifExists] = OPERATOR.exec(operator) ?? [];
  const rule = TESTS[name];
  if (!rule) return false;
  const { test, negated = false } = rule;
  if (actual === undefined)
    return ifExists !== undefined || quantifier === 'ForAllValues' || (negated && !quantifier);
  const fitsOne = (value: string) =>
    values.some((wanted) => test(value, wanted, context, variables)) !== negated;
  return quantifier === 'ForAnyValue' || (!quantifier && !negated)
    ? actual.some(fitsOne)
    : actual.every(fitsOne);
}
