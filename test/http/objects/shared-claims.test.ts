// The claims that `npm run test:ceph` makes of the bridge before a real Ceph, made of it before the sandbox.
import { after, before, describe } from 'node:test';
import { claimConditions } from '../../claims/conditions.ts';
import { claimGrants } from '../../claims/grants.ts';
import { claimKeys } from '../../claims/keys.ts';
import { claimLists } from '../../claims/lists.ts';
import { claimObjects } from '../../claims/objects.ts';
import { startSandboxStage } from '../../claims/stage.ts';
import type { Stage } from '../../claims/stage.ts';
import { claimVersions } from '../../claims/versions.ts';

describe('the bridge on the sandbox', () => {
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
