export { LiveClient, LiveError, type TokenSource } from './client';
export type { LiveEvent, LiveStatus } from './protocol';
