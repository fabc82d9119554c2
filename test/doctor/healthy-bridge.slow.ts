// Against a sandbox without faults, `fedbridge doctor` reports each step, as text or as JSON, and changes nothing.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openClinic, stepsThatAre, withGrants } from './diagnosis.ts';
import type { Clinic } from './diagnosis.ts';

let clinic: Clinic;
before(async () => {
  clinic = await openClinic();
});
after(() => clinic.close());

describe('fedbridge doctor, on a working deployment', () => {
  it('reports each step with the values that it compared, and exits with code 0', async () => {
    const { code, stdout, stderr } = await clinic.run(['doctor']);
    assert.deepEqual([code, stderr], [0, '']);
    const { email, uniqueId } = clinic.contract.serviceAccount;
    assert.equal(
      stdout.replace(/(seconds left|in seconds) -?\d+/g, '$1 N'),
      `✓ surroundings: a machine outside Cloud Run
✓ configuration: 1 role, 1 bucket, 2 grants
    identity metadata, STS region eu-west-1, aws.audience fedbridge
✓ clock: agrees with Google's and AWS's
    Google's clock ahead, in seconds N, AWS's clock ahead, in seconds N
✓ metadata server: responds
    project acme-prod
✓ identity token: belongs to ${email}, unique ID ${uniqueId}
    accounts.google.com:aud ${uniqueId}, accounts.google.com:oaud fedbridge, accounts.google.com:sub ${uniqueId}, seconds left N
✓ Google's keys: 1 key, which verifies the bridge's own token
✓ issuer cluster: 1 key, found by discovery
✓ role lake: assumed, for 60 min
    assumed role arn:aws:sts::123456789012:assumed-role/gcp-lake-read/fedbridge@acme-prod
✓ bucket acme-lake, whole bucket: lists, reads, returns 404 for a missing object
✓ bucket acme-lake, raw/public/: lists, reads, returns 404 for a missing object, denies reads outside the grant, denies lists outside the grant

No problems found.
`,
    );
  });

  it('reports the same steps as JSON', async () => {
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
      found: 'a machine outside Cloud Run',
    });
    assert.equal(typeof clock?.compared?.["AWS's clock ahead, in seconds"], 'number');
    assert.ok(diagnosis.steps.every((step) => !('fix' in step) && !('fault' in step)));
  });

  it('recognizes Cloud Run by its environment variables', async () => {
    const { steps } = await clinic.diagnose([], { K_SERVICE: 'lake-bridge', K_REVISION: 'lake-bridge-7' });
    assert.equal(steps[0]?.found, 'Cloud Run, service lake-bridge, revision lake-bridge-7');
  });

  it('verifies each permission in a grant, and that reads and lists outside the grant are denied', async () => {
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
          'lists, reads, returns 404 for a missing object, reads versions, reads tags, reads attributes, denies reads outside the grant, denies lists outside the grant',
        ],
        [
          'fine',
          'may read objects (a missing object returns 403 because the grant does not allow list), denies reads outside the grant, denies lists outside the grant',
        ],
        ['fine', 'reads, denies reads outside the grant, denies lists outside the grant'],
        ['unknown', 'not tested, because no object is known: tags'],
        ['fine', 'denies reads outside the grant, denies lists outside the grant'],
      ],
    );
  });

  it('reads at most one byte of an object, and writes nothing', async () => {
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
