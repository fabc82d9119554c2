// `fedbridge trust-policy --lint` finds each known mistake, and each mistake has the reported effect in the sandbox's
// STS.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { assumed, control, identityToken } from '../../sandbox/clients.ts';
import type { AtSts } from './mistake.ts';
import { MISTAKEN_KEYS, MISTAKEN_OPERATORS } from './mistaken-conditions.ts';
import { MALFORMED, MISTAKEN_ACTIONS, MISTAKEN_PRINCIPALS } from './mistaken-principals-and-actions.ts';
import { MISSING_PINS, MISTAKEN_VALUES } from './mistaken-pins.ts';
import { GOOD, policy, UNIQUE_ID } from './policies.ts';
import { linted } from './program.ts';

let sandbox: Sandbox;

const ROLE = 'arn:aws:iam::123456789012:role/linted';

const trust = (document: object) =>
  control(sandbox, 'PUT', '/roles', {
    arn: ROLE,
    trust: document,
    permissions: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 's3:*', Resource: '*' } },
  });

const bridgeToken = (audience = sandbox.contract.awsAudience) => identityToken(sandbox, 'default', audience);

/** A unique ID that belongs to no service account in the sandbox. */
const NEIGHBOR = `${UNIQUE_ID.slice(0, -1)}3`;

/** For each effect of a mistake, a token that demonstrates the effect when it is sent to STS. */
const TOKENS: Readonly<Record<Exclude<AtSts, 'malformed'>, () => Promise<string> | string>> = {
  rejected: () => bridgeToken(),
  works: () => bridgeToken(),
  'opens to a stranger': () =>
    identityToken(sandbox, sandbox.contract.callers.stranger, sandbox.contract.awsAudience),
  'opens to another service': () => bridgeToken('https://another-service.example'),
  'opens to a neighbor': () =>
    sandbox.mint({ aud: sandbox.contract.awsAudience, azp: NEIGHBOR, sub: NEIGHBOR }),
  'opens to another subject': () =>
    sandbox.mint({ aud: sandbox.contract.awsAudience, azp: UNIQUE_ID, sub: NEIGHBOR }),
  'opens to another party': () =>
    sandbox.mint({ aud: sandbox.contract.awsAudience, azp: NEIGHBOR, sub: UNIQUE_ID }),
};

async function proveAtSts(document: object, atSts: AtSts): Promise<void> {
  if (atSts === 'malformed') {
    await assert.rejects(trust(document), /is not a valid IAM policy/);
    return;
  }
  const token = await TOKENS[atSts]();
  await trust(document);
  if (atSts === 'rejected')
    await assert.rejects(assumed(sandbox, { role: ROLE, token }), { name: 'AccessDenied' });
  else await assumed(sandbox, { role: ROLE, token });
}

describe('the trust policy lint compared with STS', () => {
  before(async () => {
    sandbox = await startSandbox();
  });
  after(() => sandbox.close());

  describe('the correct policy', () => {
    it("trusts only the bridge's token, and no token that a mistaken policy would accept", async () => {
      await proveAtSts(policy(GOOD), 'works');
      for (const atSts of [
        'opens to a stranger',
        'opens to another service',
        'opens to a neighbor',
        'opens to another subject',
        'opens to another party',
      ] as const) {
        const token = await TOKENS[atSts]();
        await assert.rejects(assumed(sandbox, { role: ROLE, token }), { name: 'AccessDenied' }, atSts);
      }
    });
  });

  const MISTAKES = [
    ...MISTAKEN_VALUES,
    ...MISSING_PINS,
    ...MISTAKEN_KEYS,
    ...MISTAKEN_OPERATORS,
    ...MISTAKEN_PRINCIPALS,
    ...MISTAKEN_ACTIONS,
    ...MALFORMED,
  ];

  describe('a trust policy', () => {
    /**
     * Each statement's findings when a policy that contains all mistakes is linted. In each finding, the statement number is
     * replaced with 1.
     */
    let found: Map<number, string[]>;
    before(() => {
      const { code, lines, stderr } = linted(policy(...MISTAKES.map(({ statement }) => statement)));
      assert.deepEqual([code, stderr], [1, '']);
      found = Map.groupBy(lines, (line) => Number(/^statement (\d+)/.exec(line)?.[1]));
      for (const group of found.values())
        group.forEach((line, index) => (group[index] = line.replace(/^statement \d+/, 'statement 1')));
    });

    for (const [index, mistake] of MISTAKES.entries()) {
      it(`with ${mistake.what} gets the expected findings (effect in STS: ${mistake.atSts})`, async () => {
        const lines = found.get(index + 1) ?? [];
        assert.equal(lines.length, mistake.expected.length, lines.join('\n'));
        for (const [at, line] of lines.entries()) assert.match(line, mistake.expected[at] ?? /^$/);
        await proveAtSts(policy(mistake.statement), mistake.atSts);
      });
    }

    it('with an ID that is written as a number gets a finding that shows every digit, although STS would round the number', async () => {
      const text = JSON.stringify(policy(GOOD)).replaceAll(`"${UNIQUE_ID}"`, UNIQUE_ID);
      const { code, lines } = linted(text);
      assert.equal(code, 1);
      assert.equal(lines.length, 2);
      for (const line of lines)
        assert.match(
          line,
          new RegExp(`must be in quotes, but is the number ${UNIQUE_ID}: .* Write the number as a string`),
        );
      await proveAtSts(JSON.parse(text) as object, 'rejected');
    });
  });
});
