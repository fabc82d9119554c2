// `fedbridge doctor` beside a sandbox without a fault: each step of the way is told, in words and to programs, and nothing else is done.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());

describe('where all is well, fedbridge doctor', () => {
  it('says so of each step, with what was compared, and ends with 0', async () => {
    const { code, stdout, stderr } = await clinic.run(['doctor']);
    assert.deepEqual([code, stderr], [0, '']);
    const { email, uniqueId } = clinic.contract.serviceAccount;
    assert.equal(
      stdout.replace(/(seconds left|is ahead) -?\d+/g, '$1 N'),
      `✓ surroundings: a machine that is not Cloud Run
✓ configuration: 1 role, 1 bucket, 2 grants
    identity metadata, STS region eu-west-1, aws.audience fedbridge
✓ clock: agrees with Google's and AWS's
    seconds that Google's is ahead N, seconds that AWS's is ahead N
✓ metadata server: answers
    project acme-prod
✓ identity token: of ${email}, unique ID ${uniqueId}
    accounts.google.com:aud ${uniqueId}, accounts.google.com:oaud fedbridge, accounts.google.com:sub ${uniqueId}, seconds left N
✓ Google's keys: 1 key, which verifies the bridge's own token
✓ role lake: assumed, for 60 min
    AWS says arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod
✓ bucket acme-lake, all of it: lists, reads, tells a missing object by 404
✓ bucket acme-lake, raw/public/: lists, reads, tells a missing object by 404, denies ungranted reads, denies ungranted lists

All is well.
`,
    );
  });

  it('tells programs the same', async () => {
    const diagnosis = await clinic.diagnose();
    assert.deepEqual([diagnosis.code, diagnosis.outcome], [0, 'fine']);
    assert.deepEqual(
      stepsThatAre('fine', diagnosis),
      diagnosis.steps.map(({ step }) => step),
    );
    const [where, , clock] = diagnosis.steps;
    assert.deepEqual(where, {
      step: 'surroundings',
      outcome: 'fine',
      found: 'a machine that is not Cloud Run',
    });
    assert.equal(typeof clock?.compared?.["seconds that AWS's is ahead"], 'number');
    assert.ok(diagnosis.steps.every((step) => !('fix' in step) && !('fault' in step)));
  });

  it('recognises Cloud Run by its variables', async () => {
    const { steps } = await clinic.diagnose([], { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-7' });
    assert.equal(steps[0]?.found, 'Cloud Run, service lake-bridge, revision lake-bridge-7');
  });

  it('tries each word of a grant, and a prefix without list', async () => {
    const grants = [
      'allow: [get, list, versions, tags, attributes], bucket: acme-lake, prefix: raw/',
      'allow: [get], bucket: acme-lake, prefix: curated/',
      'allow: [get], bucket: acme-lake, key: README.txt',
      'allow: [tags], bucket: acme-lake, prefix: raw/public/',
    ];
    const { code, steps } = await clinic.diagnose(clinic.configured(withGrants(clinic.contract, grants)));
    assert.equal(code, 0);
    assert.deepEqual(
      steps.slice(-5).map(({ outcome, found }) => [outcome, found]),
      [
        [
          'fine',
          'lists, reads, tells a missing object by 404, gives versions, gives tags, gives attributes, denies ungranted reads, denies ungranted lists',
        ],
        [
          'fine',
          'may read (a missing object is 403, as the grant has no list), denies ungranted reads, denies ungranted lists',
        ],
        ['fine', 'reads, denies ungranted reads, denies ungranted lists'],
        ['unknown', 'tags: not tried, as there is no object to try'],
        ['fine', 'denies ungranted reads, denies ungranted lists'],
      ],
    );
  });

  it('reads no more than a byte of an object, and writes nothing', async () => {
    await clinic.control('DELETE', '/calls');
    await clinic.diagnose();
    const { s3 } = (await clinic.control('GET', '/calls')) as {
      readonly s3: readonly {
        readonly method: string;
        readonly path: string;
        readonly headers: { readonly range?: string };
      }[];
    };
    assert.ok(s3.length > 0);
    for (const { method, headers, path } of s3) {
      assert.equal(method, 'GET');
      assert.ok(headers.range === 'bytes=0-0' || path.includes('list-type=2'), path);
    }
  });
});
