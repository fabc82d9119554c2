// With the GKE example's manifest, the pods run the bridge with its service account and a valid configuration. They have no more
// rights than on other platforms.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { STAGES, textsOf } from '../deploy/dockerfile.ts';
import { fedbridge } from './fedbridge.ts';
import type { Body } from './modules.ts';
import { readExample } from './sample.ts';

const { module, values } = await readExample('gke');
const text = String(await values.evaluate('${local.manifest}'));
const objects = parseAllDocuments(text).map((document) => document.toJS() as Body);
const directory = mkdtempSync(join(tmpdir(), 'fedbridge-gke-'));
after(() => {
  rmSync(directory, { recursive: true });
});

const ofKind = (kind: string): Body => {
  const found = objects.filter((object) => object['kind'] === kind);
  assert.equal(found.length, 1, kind);
  return found[0] ?? {};
};
/** @param path names and indices, joined by dots */
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown>)[key], value);
const POD = 'spec.template.spec';
const CONTAINER = `${POD}.containers.0`;

describe('the manifest for GKE', () => {
  it('creates all objects in the same namespace', () => {
    assert.deepEqual(
      objects.map(({ kind }) => kind),
      [
        'Namespace',
        'ServiceAccount',
        'Secret',
        'Deployment',
        'PodDisruptionBudget',
        'Service',
        'BackendConfig',
        'Ingress',
      ],
    );
    for (const object of objects.slice(1)) assert.equal(at(object, 'metadata.namespace'), 'fedbridge');
  });

  it("lets the pods act as the bridge's service account", async () => {
    const annotations = at(ofKind('ServiceAccount'), 'metadata.annotations') as Body;
    const email = 'fedbridge@acme-prod.iam.gserviceaccount.com';
    assert.deepEqual(annotations, { 'iam.gke.io/gcp-service-account': email });
    const binding = module.resources.find(({ type }) => type === 'google_service_account_iam_member');
    assert.deepEqual(await values.evaluate(binding?.body), {
      service_account_id: `projects/acme-prod/serviceAccounts/${email}`,
      role: 'roles/iam.workloadIdentityUser',
      member: 'serviceAccount:acme-prod.svc.id.goog[fedbridge/fedbridge]',
    });
    assert.equal(at(ofKind('Deployment'), `${POD}.serviceAccountName`), 'fedbridge');
  });

  it('contains a configuration that `fedbridge check` accepts, at the path where the bridge reads it', () => {
    const file = join(directory, 'config.yaml');
    writeFileSync(file, String((at(ofKind('Secret'), 'stringData') as Body)['config.yaml']));
    const { status, stderr } = fedbridge('check', file);
    assert.deepEqual([status, stderr], [0, '']);
    const deployment = ofKind('Deployment');
    const mount = String(at(deployment, `${CONTAINER}.volumeMounts.0.mountPath`));
    assert.deepEqual(at(deployment, `${CONTAINER}.env.0`), {
      name: 'FEDBRIDGE_CONFIG',
      value: `${mount}/config.yaml`,
    });
    assert.deepEqual(at(deployment, `${POD}.volumes.0`), {
      name: at(deployment, `${CONTAINER}.volumeMounts.0.name`),
      secret: { secretName: at(ofKind('Secret'), 'metadata.name'), defaultMode: 0o440 },
    });
  });

  it("runs the container as the image's user, with a read-only file system and without capabilities", () => {
    const deployment = ofKind('Deployment');
    const [user = ''] = textsOf(STAGES[1], 'USER');
    const ids = ['runAsUser', 'runAsGroup', 'fsGroup'].map((id) =>
      at(deployment, `${POD}.securityContext.${id}`),
    );
    const [uid, gid] = user.split(':').map(Number);
    assert.deepEqual(ids, [uid, gid, gid]);
    assert.deepEqual(at(deployment, `${CONTAINER}.securityContext`), {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.match(String(at(deployment, `${CONTAINER}.image`)), /@sha256:[0-9a-f]{64}$/);
  });

  it("checks the bridge's own health routes, and leaves the pod time to finish responses before it stops", () => {
    const deployment = ofKind('Deployment');
    for (const [probe, path] of [
      ['startupProbe', '/-/ready'],
      ['readinessProbe', '/-/ready'],
      ['livenessProbe', '/-/live'],
    ] as const)
      assert.equal(at(deployment, `${CONTAINER}.${probe}.httpGet.path`), path);
    const pause = Number(at(deployment, `${CONTAINER}.lifecycle.preStop.sleep.seconds`));
    // The bridge drains for 9 seconds by default.
    assert.ok(Number(at(deployment, `${POD}.terminationGracePeriodSeconds`)) > pause + 9);
  });

  it('makes the pods reachable only over TLS, through one service', () => {
    const ingress = ofKind('Ingress');
    assert.deepEqual(at(ingress, 'metadata.annotations'), {
      'kubernetes.io/ingress.class': 'gce-internal',
      'kubernetes.io/ingress.allow-http': 'false',
    });
    assert.deepEqual(at(ingress, 'spec.tls'), [{ secretName: 'fedbridge-tls' }]);
    const service = ofKind('Service');
    assert.equal(at(ingress, 'spec.defaultBackend.service.name'), at(service, 'metadata.name'));
    assert.deepEqual(at(service, 'spec.selector'), at(ofKind('Deployment'), 'spec.selector.matchLabels'));
    assert.equal(
      at(service, 'spec.ports.0.targetPort'),
      at(ofKind('Deployment'), `${CONTAINER}.ports.0.containerPort`),
    );
    const backend = JSON.parse(
      String((at(service, 'metadata.annotations') as Body)['cloud.google.com/backend-config']),
    ) as Body;
    assert.equal(backend['default'], at(ofKind('BackendConfig'), 'metadata.name'));
  });
});
