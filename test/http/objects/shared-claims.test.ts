// Runs the conformance tests against the sandbox. `npm run test:ceph` runs the same tests against a real Ceph.
import { after, before, describe } from 'node:test';
import { claimConditions } from '../../conformance/conditions.ts';
import { claimGrants } from '../../conformance/grants.ts';
import { claimKeys } from '../../conformance/keys.ts';
import { claimLists } from '../../conformance/lists.ts';
import { claimObjects } from '../../conformance/objects.ts';
import { startSandboxStage } from '../../conformance/stage.ts';
import type { Stage } from '../../conformance/stage.ts';
import { claimVersions } from '../../conformance/versions.ts';

describe('the bridge running against the sandbox', () => {
  let stage: Stage;
  before(async () => {
    stage = await startSandboxStage();
  });
  after(() => stage.close());
  const current = (): Stage => stage;

  claimObjects(current);
  claimConditions(current);
  claimKeys(current);
  claimLists(current);
  claimVersions(current);
  claimGrants(current);
});
