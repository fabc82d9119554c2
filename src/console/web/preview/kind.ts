// Chooses how to preview an object: by the extension in its key, or else by its type.

export type PreviewKind =
  'csv' | 'tsv' | 'json' | 'json-lines' | 'text' | 'image' | 'parquet' | 'document' | 'unknown';

export interface Kind {
  readonly kind: PreviewKind;
  readonly isGzip: boolean;
}

const BY_EXTENSION: readonly (readonly [kind: PreviewKind, extensions: string])[] = [
  ['csv', 'csv'],
  ['tsv', 'tsv tab'],
  ['json', 'json geojson'],
  ['json-lines', 'jsonl ndjson'],
  ['text', 'txt text md log yaml yml toml ini conf cfg properties sql py js ts sh r java go rs c h css xml'],
  ['image', 'png jpg jpeg gif webp avif bmp'],
  ['parquet', 'parquet'],
  ['document', 'html htm xhtml svg svgz mht mhtml'],
];

const BY_TYPE: readonly (readonly [kind: PreviewKind, type: RegExp])[] = [
  ['csv', /^text\/csv$/],
  ['tsv', /^text\/tab-separated-values$/],
  ['json', /^application\/(?:geo\+)?json$/],
  ['json-lines', /^application\/(?:x-ndjson|jsonl|x-jsonlines)$/],
  ['document', /^(?:text\/html|application\/xhtml\+xml|image\/svg\+xml)$/],
  ['text', /^text\//],
  ['image', /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/],
  ['parquet', /^application\/(?:vnd\.apache\.parquet|x-parquet)$/],
];

/** @param type the object's own Content-Type @param encoding the object's own Content-Encoding */
export function kindOf(key: string, type: string, encoding: string): Kind {
  const name = key.slice(key.lastIndexOf('/') + 1).toLowerCase();
  const isGzipName = name.endsWith('.gz');
  const extension = /\.([a-z0-9]+)$/.exec(isGzipName ? name.slice(0, -3) : name)?.[1] ?? '';
  const [media = ''] = type.toLowerCase().split(';', 1);
  const kind =
    BY_EXTENSION.find(([, extensions]) => extensions.split(' ').includes(extension))?.[0] ??
    BY_TYPE.find(([, pattern]) => pattern.test(media.trim()))?.[0] ??
    'unknown';
  return { kind, isGzip: isGzipName || encoding.toLowerCase() === 'gzip' };
}
