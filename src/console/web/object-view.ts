// One object: its facts, its preview, and commands that read it.
import { downloadAddress, headObject } from './api.ts';
import { RequestError } from './request.ts';
import { Commands } from './commands-view.ts';
import { ReadError } from './error-notice.ts';
import { Breadcrumbs, lastSegment } from './folder-view.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { Link } from './link.ts';
import { PathBox } from './path-box.ts';
import { Preview } from './preview/preview.ts';
import { Name, shownCount, shownSize, shownTime, visible } from './shown-text.ts';
import { useLoaded } from './use-loaded.ts';

export function ObjectView(props: {
  readonly place: { readonly bucket: string; readonly key: string };
  readonly audience: string;
}): Html {
  const { place, audience } = props;
  const { bucket, key } = place;
  const head = useLoaded((signal) => headObject(bucket, key, signal), [bucket, key]);
  const { value: headers, error } = head;
  const isMissing = error instanceof RequestError && error.status === 404;
  return html`<div>
    <${Breadcrumbs} bucket=${bucket} path=${key} />
    <h1 tabindex="-1"><${Name} text=${lastSegment(key)} /></h1>
    <${PathBox} value=${`s3://${bucket}/${key}`} />
    <p role="status" class="fine">${headers === undefined && error === undefined ? 'Loading…' : ''}</p>
    ${error !== undefined && html`<${ReadError} error=${error} read=${{ bucket, subject: key, action: 'get' }} />`}
    ${isMissing && html`<p><${Link} place=${{ view: 'folder', bucket, prefix: `${key}/` }}>Open this path as a folder<//></p>`}
    ${
      headers !== undefined &&
      html`<div>
        <p><a class="button" href=${downloadAddress(bucket, key)} download>Download</a></p>
        <${Facts} headers=${headers} />
        <${Preview} place=${place} headers=${headers} />
        <${Commands} place=${place} audience=${audience} />
      </div>`
    }
  </div>`;
}

/** The facts to show, by header. */
const FACTS: readonly (readonly [name: string, header: string])[] = [
  ['Type', 'x-fedbridge-object-content-type'],
  ['Encoding', 'x-fedbridge-object-content-encoding'],
  ['ETag', 'etag'],
  ['Version', 'x-amz-version-id'],
  ['Storage class', 'x-amz-storage-class'],
  ['Encryption', 'x-amz-server-side-encryption'],
  ['Replication', 'x-amz-replication-status'],
  ['Archive', 'x-amz-restore'],
  ['Cache-Control', 'x-fedbridge-object-cache-control'],
];

const METADATA = 'x-amz-meta-';

function Facts({ headers }: { readonly headers: Headers }): Html {
  const size = Number(headers.get('content-length') ?? 0);
  const known = FACTS.flatMap(([name, header]) => {
    const value = headers.get(header);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  const metadata = [...headers]
    .filter(([name]) => name.startsWith(METADATA))
    .map(([name, value]) => [`Metadata: ${name.slice(METADATA.length)}`, value] as const);
  const facts = [
    ['Size', `${shownSize(size)}${size < 1024 ? '' : ` (${shownCount(size)} bytes)`}`] as const,
    ['Modified', shownTime(headers.get('last-modified') ?? '')] as const,
    ...known,
    ...metadata,
  ];
  return html`<section aria-labelledby="facts">
    <h2 id="facts">Facts</h2>
    <dl>
      ${facts.map(
        ([name, value]) =>
          html`<div key=${name}>
            <dt>${visible(name)}</dt>
            <dd><bdi>${visible(value)}</bdi></dd>
          </div>`,
      )}
    </dl>
  </section>`;
}
