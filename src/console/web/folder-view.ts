// One page of a folder: its subfolders and objects. Each page is one list request.
import { listFolder } from './api.ts';
import type { ListPage } from './api.ts';
import { ReadError } from './error-notice.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import { Link } from './link.ts';
import { PathBox, PrefixSearch } from './path-box.ts';
import { folderOf } from './place.ts';
import type { FolderPlace } from './place.ts';
import { Name, shownCount, shownSize, Time } from './shown-text.ts';
import { useLoaded } from './use-loaded.ts';

export function FolderView({ place }: { readonly place: FolderPlace }): Html {
  const { bucket, prefix, from } = place;
  const folder = folderOf(prefix);
  const page = useLoaded((signal) => listFolder(place, signal), [bucket, prefix, from]);
  const next = page.value?.next ?? null;
  return html`<div>
    <${Breadcrumbs} bucket=${bucket} path=${folder} />
    <h1 tabindex="-1"><${Name} text=${folder === '' ? bucket : lastSegment(folder)} /></h1>
    <div class="boxes">
      <${PathBox} value=${`s3://${bucket}/${prefix}`} />
      <${PrefixSearch} place=${place} />
    </div>
    <p role="status" class="fine">${statusOf(place, page.value, page.error)}</p>
    ${page.error !== undefined && html`<${ReadError} error=${page.error} read=${{ bucket, subject: prefix, action: 'list' }} />`}
    ${page.value !== undefined && html`<${Entries} place=${place} page=${page.value} />`}
    ${next !== null && html`<p><${Link} class="button" place=${{ ...place, from: next }}>Next page<//></p>`}
  </div>`;
}

function statusOf({ prefix, from }: FolderPlace, page: ListPage | undefined, error: unknown): string {
  if (error !== undefined) return '';
  if (page === undefined) return 'Loading…';
  const count = page.prefixes.length + page.objects.length;
  if (count === 0 && page.next === null && from === undefined)
    return prefix.endsWith('/') || prefix === '' ? 'This folder is empty.' : 'No name begins with this text.';
  const entries = `${shownCount(count)} ${count === 1 ? 'entry' : 'entries'}`;
  if (page.next !== null) return `${entries} on this page. There are more.`;
  return from === undefined ? `${entries}.` : `${entries} on this page, the last one.`;
}

/** @param props.path the path of a folder or an object in the bucket */
export function Breadcrumbs({ bucket, path }: { readonly bucket: string; readonly path: string }): Html {
  const segments = path.split(/(?<=\/)/).filter((segment) => segment !== '');
  const crumbs = segments.map((segment, position) => ({
    text: segment,
    prefix: segments.slice(0, position + 1).join(''),
  }));
  return html`<nav aria-label="Breadcrumbs">
    <ol class="crumbs">
      <li><${Link} place=${{ view: 'buckets' }}>Buckets<//></li>
      <li>
        <${Link} place=${{ view: 'folder', bucket, prefix: '' }}><${Name} text=${bucket} /><//>
      </li>
      ${crumbs.map(({ text, prefix }) => html`<li key=${prefix}>${prefix.endsWith('/') ? html`<${Link} place=${{ view: 'folder', bucket, prefix }}><${Name} text=${withoutSlash(text)} /><//>` : html`<span aria-current="page"><${Name} text=${text} /></span>`}</li>`)}
    </ol>
  </nav>`;
}

/** Returns the segment's name. The name of an empty segment is the slash itself, because a link needs text. */
const withoutSlash = (segment: string): string => (segment === '/' ? segment : segment.replace(/\/$/, ''));

export const lastSegment = (path: string): string => withoutSlash(path.split(/(?<=\/)/).at(-1) ?? path);

function Entries({ place, page }: { readonly place: FolderPlace; readonly page: ListPage }): Html {
  const { bucket, prefix } = place;
  const folder = folderOf(prefix);
  const { prefixes, objects } = page;
  if (prefixes.length + objects.length === 0) return null;
  return html`<div>
    <table class="entries">
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" class="number">Size</th>
          <th scope="col">Modified</th>
        </tr>
      </thead>
      <tbody>
        ${prefixes.map(
          (each) =>
            html`<tr key=${each}>
              <td>
                <${Link} place=${{ view: 'folder', bucket, prefix: each }}
                  ><${Name} text=${each.slice(folder.length)}
                /><//>
              </td>
              <td class="number"><span class="hidden">folder</span></td>
              <td></td>
            </tr>`,
        )}
        ${objects.map(
          ({ key, size, lastModified }) =>
            html`<tr key=${`object ${key}`}>
              <td>
                <${Link} place=${{ view: 'object', bucket, key }}
                  ><${Name} text=${key.slice(folder.length) || key}
                /><//>
              </td>
              <td class="number">${shownSize(size)}</td>
              <td><${Time} text=${lastModified} /></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
