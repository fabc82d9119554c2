// `fedbridge trust-policy --lint` finds each known mistake, and STS makes of each what the finding says.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSandbox } from '../../../src/sandbox/sandbox.ts';
import type { Sandbox } from '../../../src/sandbox/sandbox.ts';
import { assumed, control, identityToken } from '../../sandbox/clients.ts';
import type { AtSts } from './mistake.ts';
import { MISTAKEN_KEYS, MISTAKEN_OPERATORS } from './mistaken-conditions.ts';
import { MALFORMED, MISTAKEN_ACTIONS, MISTAKEN_PRINCIPALS } from './mistaken-parts.ts';
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

const ourToken = (audience = sandbox.contract.awsAudience) => identityToken(sandbox, 'default', audience);

/** The next number: no other service account has it, as far as anybody knows. */
const NEIGHBOUR = `${UNIQUE_ID.slice(0, -1)}3`;

/** A token that STS should be asked with. */
const TOKENS: Readonly<Record<Exclude<AtSts, 'malformed'>, () => Promise<string> | string>> = {
  refused: () => ourToken(),
  works: () => ourToken(),
  'opens to a stranger': () =>
    identityToken(sandbox, sandbox.contract.callers.stranger, sandbox.contract.awsAudience),
  'opens to another service': () => ourToken('https://another-service.example'),
  'opens to a neighbour': () =>
    sandbox.mint({ aud: sandbox.contract.awsAudience, azp: NEIGHBOUR, sub: NEIGHBOUR }),
  'opens to another subject': () =>
    sandbox.mint({ aud: sandbox.contract.awsAudience, azp: UNIQUE_ID, sub: NEIGHBOUR }),
  'opens to another party': () =>
    sandbox.mint({ aud: sandbox.contract.awsAudience, azp: NEIGHBOUR, sub: UNIQUE_ID }),
};

async function proveAtSts(document: object, atSts: AtSts): Promise<void> {
  if (atSts === 'malformed') {
    await assert.rejects(trust(document), /is no policy that IAM takes/);
    return;
  }
  const token = await TOKENS[atSts]();
  await trust(document);
  if (atSts === 'refused')
    await assert.rejects(assumed(sandbox, { role: ROLE, token }), { name: 'AccessDenied' });
  else await assumed(sandbox, { role: ROLE, token });
}

describe('the lint and STS', () => {
  before(async () => {
    sandbox = await startSandbox();
  });
  after(() => sandbox.close());

  describe('the good policy', () => {
    it('opens the role to the bridge, and to none of those whom mistakes let in', async () => {
      await proveAtSts(policy(GOOD), 'works');
      for (const atSts of [
        'opens to a stranger',
        'opens to another service',
        'opens to a neighbour',
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

  describe('a trust policy with', () => {
    /** What is said of each statement of one policy that has them all, as if it were the first. */
    let said: Map<number, string[]>;
    before(() => {
      const { code, lines, stderr } = linted(policy(...MISTAKES.map(({ statement }) => statement)));
      assert.deepEqual([code, stderr], [1, '']);
      said = Map.groupBy(lines, (line) => Number(/^statement (\d+)/.exec(line)?.[1]));
      for (const group of said.values())
        group.forEach((line, index) => (group[index] = line.replace(/^statement \d+/, 'statement 1')));
    });

    for (const [index, mistake] of MISTAKES.entries()) {
      it(`${mistake.what}: is told of it (at STS: ${mistake.atSts})`, async () => {
        const lines = said.get(index + 1) ?? [];
        assert.equal(lines.length, mistake.said.length, lines.join('\n'));
        for (const [at, line] of lines.entries()) assert.match(line, mistake.said[at] ?? /^$/);
        await proveAtSts(policy(mistake.statement), mistake.atSts);
      });
    }

    it('a number for an ID: is told of it in all its digits, which STS would not see', async () => {
      const text = JSON.stringify(policy(GOOD)).replaceAll(`"${UNIQUE_ID}"`, UNIQUE_ID);
      const { code, lines } = linted(text);
      assert.equal(code, 1);
      assert.equal(lines.length, 2);
      for (const line of lines)
        assert.match(
          line,
          new RegExp(`must be in quotes, and is the number ${UNIQUE_ID}: .* Write it as a text`),
        );
      await proveAtSts(JSON.parse(text) as object, 'refused');
    });
  });
});
