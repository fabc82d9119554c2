// The page for operators, which shows what this console has served in the last hour, its last errors, and its estimated egress.
import { recentActivity } from './api.ts';
import type { Activity, Minute } from './api.ts';
import { ErrorNotice, NOT_LOADED } from './error-notice.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { shownCount, shownCountOf, shownSize, shownTime, visible } from './shown-text.ts';
import { useLoaded } from './use-loaded.ts';

export function OperatorsView(): Html {
  const activity = useLoaded(recentActivity, []);
  const egress = useLoaded(async () => (await import('./egress-view.ts')).EgressView, []);
  return html`<div>
    <h1 tabindex="-1">Operators</h1>
    ${activity.error !== undefined && html`<${ErrorNotice} error=${activity.error} />`}
    ${activity.value !== undefined && html`<${Shown} activity=${activity.value} />`}
    ${activity.value !== undefined && egress.value !== undefined && html`<${egress.value} />`}
    ${egress.error !== undefined && html`<${ErrorNotice} error=${NOT_LOADED} />`}
  </div>`;
}

function Shown({ activity }: { readonly activity: Activity }): Html {
  const { ready, startedAt, minutes, errors } = activity;
  const sum = (of: (minute: Minute) => number): number =>
    minutes.reduce((total, minute) => total + of(minute), 0);
  const requestCount = sum(({ requests }) => requests);
  const charts = useLoaded(async () => (await import('./charts.ts')).Charts, []);
  return html`<div>
    <p>
      This instance of the console is ${ready ? 'ready' : 'not ready: it has not assumed any role yet'}. It
      started at ${shownTime(startedAt)}. The bridge has its own metrics and logs.
    </p>
    <p>
      In the last hour: ${shownCountOf(requestCount, 'request')}, ${shownCount(sum(({ failed }) => failed))}
      failed, ${shownSize(sum(({ bytes }) => bytes))} sent to people.
    </p>
    ${charts.value !== undefined && html`<${charts.value} minutes=${minutes} />`}
    <h2>Last errors</h2>
    ${
      errors.length === 0
        ? html`<p>None.</p>`
        : html`<ol class="errors">
            ${errors.map(
              ({ time, status, error, operation, caller, bucket, remedy, requestId }) =>
                html`<li key=${requestId}>
                  <p>
                    <code>${error}</code> (${status}) in
                    ${operation}${bucket === undefined ? '' : ` of ${visible(bucket)}`},
                    ${shownTime(time)}${caller === undefined ? '' : html`, for <bdi>${visible(caller)}</bdi>`}
                  </p>
                  ${remedy !== undefined && html`<p class="fine">${remedy}</p>`}
                  <p class="fine">Request ID: <code>${requestId}</code></p>
                </li>`,
            )}
          </ol>`
    }
  </div>`;
}
