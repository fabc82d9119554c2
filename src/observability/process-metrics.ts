// Registers the metrics about the process itself: the versions, and prom-client's default metrics for Node processes.
import { collectDefaultMetrics, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/**
 * Default metrics that are omitted. These metrics are gauges with the name of a counter, which Prometheus's linter rejects. Their
 * values are the sums of `nodejs_active_handles`, `nodejs_active_requests` and `nodejs_active_resources`.
 */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

export function registerProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
  new Gauge({
    name: 'fedbridge_build_info',
    help: 'Always 1; the labels contain the versions of the bridge and of Node.',
    labelNames: ['version', 'node_version'],
    registers: [registry],
    async collect() {
      const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
      this.set({ version: manifest.version, node_version: process.versions.node }, 1);
    },
  });
}
