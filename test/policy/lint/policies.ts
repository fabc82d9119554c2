// A trust policy to change in one place, for the sandbox's bridge.

export const UNIQUE_ID = '104815162342108150001';
export const AUDIENCE = 'fedbridge';

export type Condition = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const PINS = {
  'accounts.google.com:aud': UNIQUE_ID,
  'accounts.google.com:oaud': AUDIENCE,
  'accounts.google.com:sub': UNIQUE_ID,
};

/** Condition keys as people shorten them: `:aud` is `accounts.google.com:aud`. */
const long = (key: string): string => (key.startsWith(':') ? `accounts.google.com${key}` : key);

const longKeys = (keys: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [long(key), value]));

/** A condition with other pins; undefined takes one away. */
export const pins = (changes: Readonly<Record<string, unknown>>): Condition => ({
  StringEquals: JSON.parse(JSON.stringify({ ...PINS, ...longKeys(changes) })) as Record<string, unknown>,
});

/** Other keys by another operator; what they pin, StringEquals does not. */
export function by(operator: string, keys: Readonly<Record<string, unknown>>): Condition {
  const away = Object.fromEntries(Object.keys(keys).map((key) => [key, undefined]));
  return { ...pins(away), [operator]: longKeys(keys) };
}

export const GOOD = {
  Effect: 'Allow',
  Principal: { Federated: 'accounts.google.com' },
  Action: 'sts:AssumeRoleWithWebIdentity',
  Condition: pins({}),
} as const;

/** The good statement with these parts changed. */
export const statement = (changes: Readonly<Record<string, unknown>> = {}): object => ({
  ...GOOD,
  ...changes,
});

export const policy = (...statements: readonly object[]): object => ({
  Version: '2012-10-17',
  Statement: statements,
});
