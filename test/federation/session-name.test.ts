// Session names comply with STS's limits, and no two callers have the same session name.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  bridgeSessionName,
  callerSessionName,
  vendedSessionName,
} from '../../src/federation/session-name.ts';

const ID = '112010400000000710080';
const STS_RULE = /^[\w+=,.@-]{2,64}$/;

describe("a caller's session name", () => {
  const names: readonly (readonly [email: string | undefined, name: string])[] = [
    ['reader@acme-prod.iam.gserviceaccount.com', 'reader@acme-prod'],
    ['reader@acme-prod.example.com.iam.gserviceaccount.com', 'reader@acme-prod.example.com'],
    [`${'r'.repeat(30)}@${'p'.repeat(33)}.iam.gserviceaccount.com`, `${'r'.repeat(30)}@${'p'.repeat(33)}`],
    [`${'r'.repeat(30)}@${'p'.repeat(34)}.iam.gserviceaccount.com`, ID],
    ['123-compute@developer.gserviceaccount.com', ID],
    ['reader@acme-prod.example.com', ID],
    ['a/b@acme-prod.iam.gserviceaccount.com', ID],
    [undefined, ID],
  ];
  for (const [email, name] of names) {
    it(`for ${email ?? 'a token without an email'} is ${name}`, () => {
      const made = callerSessionName(email === undefined ? { subject: ID } : { subject: ID, email });
      assert.equal(made, name);
      assert.match(made, STS_RULE);
    });
  }
});

describe('the session name of vended credentials', () => {
  const named = (email: string): string => vendedSessionName({ subject: ID, email });
  it("is the prefix vend= and the caller's session name", () => {
    assert.equal(named('reader@acme-prod.iam.gserviceaccount.com'), 'vend=reader@acme-prod');
    assert.equal(vendedSessionName({ subject: ID }), `vend=${ID}`);
  });
  it('stays unique if it would be too long', () => {
    const names = ['33', '34'].map((end) =>
      named(`${'r'.repeat(30)}@${'p'.repeat(31)}${end}.iam.gserviceaccount.com`),
    );
    for (const name of names) assert.match(name, /^vend=[0-9a-f]{32}$/);
    assert.equal(new Set(names).size, 2);
  });
  it("differs from every caller's own session name, even if an account has a similar name", () => {
    assert.equal(
      callerSessionName({ subject: ID, email: 'vend@acme-prod.iam.gserviceaccount.com' }),
      'vend@acme-prod',
    );
    const forged = { subject: ID, email: 'vend=reader@acme-prod.iam.gserviceaccount.com' };
    assert.equal(callerSessionName(forged), ID);
    assert.doesNotMatch(callerSessionName({ subject: 'vend:reader@acme-prod' }), /^vend=/);
  });
});

describe('the session name of a caller from an issuer other than Google', () => {
  const nameOf = (subject: string): string => callerSessionName({ subject });
  it('contains the issuer and the subject, in characters that STS accepts', () => {
    assert.equal(nameOf('gke-prod:analytics/etl'), 'gke-prod=analytics,etl');
    assert.equal(
      nameOf('github:repo:acme/etl:ref:refs/heads/main'),
      'github=repo=acme,etl=ref=refs,heads,main',
    );
  });
  it('contains a digest of the subject if STS would otherwise reject it', () => {
    for (const subject of [
      `gke:${'n'.repeat(63)}/etl`,
      'idp:a b',
      'idp:ä',
      `${'i'.repeat(31)}:${'s'.repeat(255)}`,
    ]) {
      assert.match(nameOf(subject), STS_RULE);
      assert.match(nameOf(subject), /^[a-z-]+\.[0-9a-f]{32}$/);
    }
  });
  it('is different for every caller', () => {
    const subjects = [
      'idp:a:b',
      'idp:a=b',
      'idp:a/b',
      'idp:a,b',
      'idp:a=b:c',
      'idp:a:b=c',
      'a:b@c',
      'a=b@c:x',
      'idp:A:b',
    ];
    const names = subjects.map(nameOf);
    assert.equal(new Set(names).size, subjects.length, names.join(' '));
    // A caller whose subject is the text of another caller's session name gets a different name.
    assert.notEqual(nameOf(`x:${nameOf('idp:a=b')}`), nameOf('idp:a=b'));
    for (const name of names) assert.doesNotMatch(name, /^(?:[^=@]*@|\d+$)/, "no name of Google's accounts");
  });
});

describe("the bridge's session name", () => {
  it('has the form project.instance, or project.service.revision on Cloud Run', () => {
    assert.equal(bridgeSessionName(['acme-prod', 'bridge-vm-1']), 'acme-prod.bridge-vm-1');
    assert.equal(
      bridgeSessionName(['acme-prod', 'bridge', 'bridge-00007-abc']),
      'acme-prod.bridge.bridge-00007-abc',
    );
  });
  it('stays unique if long service and revision names are shortened', () => {
    const long = 's'.repeat(49);
    const one = bridgeSessionName(['acme-prod', long, `${long}-00001-abc`]);
    const two = bridgeSessionName(['acme-prod', long, `${long}-00002-abc`]);
    assert.match(one, STS_RULE);
    assert.match(two, STS_RULE);
    assert.notEqual(one, two);
  });
  it('supports a domain-scoped project ID', () => {
    assert.equal(bridgeSessionName(['example.com:acme', 'vm']), 'example.com=acme.vm');
  });
});
