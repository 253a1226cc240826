export { fetchBlob } from './blobs';
export { api, call, refreshSession, rest, session } from './client';
export { ApiError, toApiError } from './errors';
export { mayHaveSession } from './hint';
export { messaging } from './messaging';
export { newKey } from './newKey';
export { pages, toItems, type Paged } from './pages';
export type { Credentials } from './session';
export type * from './types';
