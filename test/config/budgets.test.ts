// Tests which egress budgets the configuration accepts, and how it reports mistakes in them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describeConfig } from '../../src/cli/check/describe.ts';
import { describeProblem } from '../../src/config/problem.ts';
import { findWarnings } from '../../src/config/warnings.ts';
import { assertOneProblem, configWith, problemsWith } from './sample.ts';
import type { Change } from './sample.ts';

const READER = 'reader@acme-prod.iam.gserviceaccount.com';
const withBudget = (budget: Readonly<Record<string, unknown>>): Change => [
  'budgets',
  [{ callers: [READER], bytesPerDay: '500GiB', ...budget }],
];
const warningsFor = (...changes: readonly Change[]): readonly string[] =>
  findWarnings(configWith(...changes)).map(describeProblem);

describe('an egress budget', () => {
  it('has a limit in bytes, and warns at 80 % by default', () => {
    assert.deepEqual(configWith(withBudget({})).budgets, [
      { callers: [{ kind: 'email', email: READER }], bytesPerDay: 500 * 2 ** 30, warnAt: 0.8 },
    ]);
    assert.equal(configWith(withBudget({ warnAt: 1 })).budgets[0]?.warnAt, 1);
    assert.deepEqual(configWith().budgets, []);
    assert.deepEqual(warningsFor(withBudget({})), []);
  });

  for (const [what, budget, problem] of [
    ['without callers', { callers: [] }, /^budgets\[0\]\.callers: /],
    [
      'for a group',
      { callers: ['group:a@b.example'] },
      /^budgets\[0\]\.callers\[0\]: must be .*Groups and domains never match/,
    ],
    [
      'for an unknown issuer',
      { callers: ['gke:a/b'] },
      /^budgets\[0\]\.callers\[0\]: must be an email.*issuers/,
    ],
    ['of zero bytes', { bytesPerDay: '0B' }, /^budgets\[0\]\.bytesPerDay: must be a size from 1B to 1000TB/],
    [
      'with a size without a unit',
      { bytesPerDay: 500 },
      /^budgets\[0\]\.bytesPerDay: must be a size.*Write 500B/,
    ],
    ['with a warnAt of 0', { warnAt: 0 }, /^budgets\[0\]\.warnAt: must be a number above 0 and at most 1/],
    [
      'with a warnAt above 1',
      { warnAt: 1.5 },
      /^budgets\[0\]\.warnAt: must be a number above 0 and at most 1/,
    ],
    ['with a warnAt of 80', { warnAt: 80 }, /^budgets\[0\]\.warnAt: .*Write 0\.8 for 80 %\./],
    ['with a warnAt of "80%"', { warnAt: '80%' }, /^budgets\[0\]\.warnAt: .*Write 0\.8 for 80 %\./],
    ['with a quoted number as warnAt', { warnAt: '0.8' }, /^budgets\[0\]\.warnAt: .*without quotes/],
    ['per month', { bytesPerMonth: '1TB' }, /bytesPerMonth/],
  ] as const)
    it(`${what} is rejected`, () => {
      assertOneProblem(problemsWith(withBudget(budget)), problem);
    });

  it('causes a warning if no grant names its caller', () => {
    assertOneProblem(
      warningsFor(withBudget({ callers: ['other@acme-prod.iam.gserviceaccount.com'] })),
      /^budgets\[0\]\.callers\[0\]: matches no caller that has a grant/,
    );
    assertOneProblem(warningsFor(withBudget({ callers: ['project:acme-test'] })), /matches no caller/);
    for (const callers of [
      ['project:acme-prod'],
      ['112010400000000710080'],
      [`${READER}#112010400000000710080`],
    ])
      assert.deepEqual(warningsFor(withBudget({ callers })), []);
    assert.deepEqual(warningsFor(withBudget({}), ['grants 0 callers', ['project:acme-prod']]), []);
  });

  it('causes a warning if its caller may obtain AWS credentials', () => {
    assertOneProblem(
      warningsFor(withBudget({}), ['grants 0 allow', ['get', 'vend']]),
      /^budgets\[0\]\.callers\[0\]: may obtain AWS credentials \(grants\[0\]\.allow contains `vend`\)/,
    );
  });

  it('causes a warning if it might be too small for a list of default size', () => {
    assertOneProblem(
      warningsFor(withBudget({ bytesPerDay: '1MiB' })),
      /^budgets\[0\]\.bytesPerDay: is less than 16MiB/,
    );
  });

  it('is described in the output of fedbridge check', () => {
    assert.match(
      describeConfig(configWith(withBudget({ callers: [READER, 'project:acme-prod'] }))),
      new RegExp(
        `^${RegExp.escape(READER)} \\(by verified email\\) may receive at most 500GiB from S3 per UTC day and process; the bridge logs a warning at 80 %\\.\nEvery service account in project acme-prod .* may receive`,
        'm',
      ),
    );
  });
});
