// Creates the table in docs/reference/metrics.md from the help texts that the bridge sends to Prometheus.
import { createMetrics } from '../../src/observability/metrics.ts';
import { tableOf } from './markdown.ts';

export async function metricTable(): Promise<string> {
  const none = {
    remainingSeconds: () => new Map<string, number>(),
    inFlight: () => 0,
    droppedLines: () => 0,
    budgetUse: () => [],
    readAheadBytes: () => 0,
    cache: () => undefined,
  };
  const text = await createMetrics(none).render();
  const kinds = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const rows = [...text.matchAll(/^# HELP (fedbridge_\S+) (.*)$/gm)].map(([, name = '', help = '']) => [
    `\`${name}\``,
    kinds.get(name) ?? '',
    help,
  ]);
  return tableOf(['metric', 'type', 'meaning'], rows);
}
