// The unmodified bridge in front of a real Ceph: the bridge exchanges its identity token at Ceph's STS and reads from Ceph's
// S3. All tests share one Ceph.
import { execFile } from 'node:child_process';
import { after, before, describe } from 'node:test';
import { promisify } from 'node:util';
import { claimConditions } from '../conformance/conditions.ts';
import { claimGrants } from '../conformance/grants.ts';
import { claimKeys } from '../conformance/keys.ts';
import { claimLists } from '../conformance/lists.ts';
import { claimObjects } from '../conformance/objects.ts';
import { claimVersions } from '../conformance/versions.ts';
import { claimBug } from './bug-claims.ts';
import { claimCache } from './cache-claims.ts';
import { startCephStage } from './ceph-stage.ts';
import type { CephStage } from './ceph-stage.ts';
import { claimChain } from './chain-claims.ts';
import { claimDistribution } from './distribution-claims.ts';
import { claimFederation } from './federation-claims.ts';
import { claimLarge } from './large-claims.ts';
import { claimPrintedPolicies } from './printed-policy-claims.ts';

const INSTALL_MS = 300_000;
/** The timeout for all tests in this file, many times their usual duration. */
const ALL_MS = 300_000;
const INSTALL = new URL('install.sh', import.meta.url).pathname;

/** @returns the reason why Ceph cannot run on this machine, or undefined if it can */
async function lacking(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "Ceph's daemons are installed and started as root";
  try {
    await promisify(execFile)(INSTALL, { timeout: INSTALL_MS });
    return undefined;
  } catch {
    return "Ceph's packages are not there and cannot be installed (Debian: ceph-mon ceph-osd radosgw ceph-common)";
  }
}

const lack = await lacking();
if (lack !== undefined && process.env['CI'] !== undefined) throw new Error(`In CI this must run: ${lack}.`);

const skip = lack === undefined ? false : `skipped, because ${lack}`;

describe('the bridge on Ceph', { skip, timeout: ALL_MS }, () => {
  let stage: CephStage;
  before(async () => {
    stage = await startCephStage();
  });
  after(() => stage.close());
  const current = (): CephStage => stage;

  claimObjects(current);
  claimConditions(current);
  claimKeys(current);
  claimLists(current);
  claimVersions(current);
  claimGrants(current);
  claimFederation(current);
  claimChain(current);
  claimPrintedPolicies(current);
  claimDistribution(current);
  claimBug(current);
  claimCache(current);
  claimLarge(current);
});
