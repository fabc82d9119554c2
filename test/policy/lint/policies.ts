// A correct trust policy for the sandbox's bridge, and helpers that change one part of it.

export const UNIQUE_ID = '104815162342108150001';
export const AUDIENCE = 'fedbridge';

export type Condition = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const PINS = {
  'accounts.google.com:aud': UNIQUE_ID,
  'accounts.google.com:oaud': AUDIENCE,
  'accounts.google.com:sub': UNIQUE_ID,
};

/** Expands shortened condition keys: `:aud` becomes `accounts.google.com:aud`. */
const long = (key: string): string => (key.startsWith(':') ? `accounts.google.com${key}` : key);

const longKeys = (keys: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [long(key), value]));

/** @returns the correct condition with these pins changed, where undefined removes a pin */
export const pins = (changes: Readonly<Record<string, unknown>>): Condition => ({
  StringEquals: JSON.parse(JSON.stringify({ ...PINS, ...longKeys(changes) })) as Record<string, unknown>,
});

/** @returns the correct condition with these keys moved from StringEquals to a different operator */
export function by(operator: string, keys: Readonly<Record<string, unknown>>): Condition {
  const removed = Object.fromEntries(Object.keys(keys).map((key) => [key, undefined]));
  return { ...pins(removed), [operator]: longKeys(keys) };
}

export const GOOD = {
  Effect: 'Allow',
  Principal: { Federated: 'accounts.google.com' },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: pins({}),
} as const;

/** @returns the correct statement with these fields changed */
export const statement = (changes: Readonly<Record<string, unknown>> = {}): object => ({
  ...GOOD,
  ...changes,
});

export const policy = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: statements,
});
