// Normalizes a permission policy's statements, so that policies written by different programs can be compared.
import assert from 'node:assert/strict';

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** @returns the statements in a fixed order, with every list in them sorted */
export function statementsOf(policy = ''): readonly unknown[] {
  const { Version, Statement: statements } = JSON.parse(policy) as {
    readonly Version: string;
    readonly Statement: readonly Statement[];
  };
  assert.equal(Version, '2012-10-17');
  return statements
    .map(({ Action, Resource, Condition = {}, ...others }) => ({
      ...others,
      Action: sorted(Action),
      Resource: sorted(Resource),
      Condition: Object.entries(Condition).map(([operator, keys]) => [
        operator,
        Object.entries(keys).map(([key, values]) => [key, sorted(values)]),
      ]),
    }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

const sorted = (value: string | readonly string[]): readonly string[] => [value].flat().sort();
