// Addresses of the page. The bucket and the key are query parameters, because a browser would change some keys in a path.

export type Place =
  | { readonly view: 'buckets' }
  | FolderPlace
  | { readonly view: 'object'; readonly bucket: string; readonly key: string }
  | { readonly view: 'operators' };

export interface FolderPlace {
  readonly view: 'folder';
  readonly bucket: string;
  /** The text with which the listed keys begin. If this text does not end with a slash, it is a search in a folder. */
  readonly prefix: string;
  /** The position in the list at which this page begins; absent for the first page. */
  readonly from?: string;
}

export function placeIn(search: string): Place {
  const query = new URLSearchParams(search);
  const bucket = query.get('bucket') ?? '';
  const key = query.get('key') ?? '';
  if (query.get('view') === 'operators') return { view: 'operators' };
  if (bucket === '') return { view: 'buckets' };
  if (key !== '') return { view: 'object', bucket, key };
  const from = query.get('from');
  return { view: 'folder', bucket, prefix: query.get('prefix') ?? '', ...(from === null ? {} : { from }) };
}

export function addressOf(place: Place): string {
  switch (place.view) {
    case 'buckets':
      return '/';
    case 'operators':
      return '/?view=operators';
    case 'object':
      return `/?${new URLSearchParams({ bucket: place.bucket, key: place.key }).toString()}`;
    case 'folder': {
      const { bucket, prefix, from } = place;
      const query = { bucket, prefix, ...(from === undefined ? {} : { from }) };
      return `/?${new URLSearchParams(query).toString()}`;
    }
  }
}

/** Opens a place, and adds it to the browser's history. */
export function open(place: Place): void {
  history.pushState(null, '', addressOf(place));
  dispatchEvent(new PopStateEvent('popstate'));
  scrollTo(0, 0);
}

export function titleOf(place: Place): string {
  switch (place.view) {
    case 'buckets':
      return 'Buckets';
    case 'operators':
      return 'Operators';
    case 'folder':
      return `${place.bucket}/${place.prefix}`;
    case 'object':
      return `${place.bucket}/${place.key}`;
  }
}

/** Returns the part of a prefix up to its last slash. */
export const folderOf = (prefix: string): string => prefix.slice(0, prefix.lastIndexOf('/') + 1);

/**
 * Parses a path that a person has typed: `s3://BUCKET/KEY`, `BUCKET/KEY` or `BUCKET`. Text that ends with a slash is a folder.
 * @returns undefined if the text names no bucket
 */
export function placeAtPath(text: string): Place | undefined {
  const path = text
    .trim()
    .replace(/^s3:\/\//i, '')
    .replace(/^\/+/, '');
  const slash = path.indexOf('/');
  const bucket = slash === -1 ? path : path.slice(0, slash);
  const rest = slash === -1 ? '' : path.slice(slash + 1);
  if (bucket === '') return undefined;
  return rest === '' || rest.endsWith('/')
    ? { view: 'folder', bucket, prefix: rest }
    : { view: 'object', bucket, key: rest };
}
