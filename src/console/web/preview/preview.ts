// The preview of an object. Code that only one kind of preview needs is loaded when such an object is opened.
import type { ComponentType } from 'preact';
import { ErrorNotice, NOT_LOADED } from '../error-notice.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { useLoaded } from '../use-loaded.ts';
import { kindOf } from './kind.ts';
import type { PreviewKind } from './kind.ts';
import type { Source } from './source.ts';

type PreviewView = ComponentType<{ readonly source: Source }>;

const LOADERS: Readonly<Partial<Record<PreviewKind, () => Promise<PreviewView>>>> = {
  csv: async () => (await import('./delimited.ts')).CsvPreview,
  tsv: async () => (await import('./delimited.ts')).TsvPreview,
  json: async () => (await import('./json.ts')).JsonPreview,
  'json-lines': async () => (await import('./json.ts')).JsonLinesPreview,
  text: async () => (await import('./text.ts')).TextPreview,
  image: async () => (await import('./image.ts')).ImagePreview,
  parquet: async () => (await import('./parquet.ts')).ParquetPreview,
};

const NO_PREVIEW: Readonly<Partial<Record<PreviewKind, string>>> = {
  document:
    'Documents of this type can contain scripts, so the console does not show them. You can download the object.',
  unknown: 'The console has no preview for this type of object. You can download the object.',
};

export function Preview(props: {
  readonly place: { readonly bucket: string; readonly key: string };
  readonly headers: Headers;
}): Html {
  const { place, headers } = props;
  const header = (name: string): string => headers.get(name) ?? '';
  const { kind, isGzip } = kindOf(
    place.key,
    header('x-fedbridge-object-content-type'),
    header('x-fedbridge-object-content-encoding'),
  );
  const source = { ...place, etag: header('etag'), size: Number(header('content-length')), isGzip };
  return html`<section aria-labelledby="preview">
    <h2 id="preview">Preview</h2>
    ${source.size === 0 ? html`<p>The object is empty.</p>` : html`<${OfKind} kind=${kind} source=${source} />`}
  </section>`;
}

function OfKind({ kind, source }: { readonly kind: PreviewKind; readonly source: Source }): Html {
  const view = useLoaded(async () => LOADERS[kind]?.(), [kind]);
  const reason = NO_PREVIEW[kind];
  if (reason !== undefined) return html`<p>${reason}</p>`;
  if (view.error !== undefined) return html`<${ErrorNotice} error=${NOT_LOADED} />`;
  return view.value === undefined
    ? html`<p role="status">Loading…</p>`
    : html`<${view.value} source=${source} />`;
}
