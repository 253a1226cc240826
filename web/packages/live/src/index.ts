export { LiveClient, LiveError, type TokenSource } from './client';
export type { LiveEvent, LiveStatus, LiveTypes } from './protocol';
