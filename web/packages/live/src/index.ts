export { LiveClient, type LiveOptions } from './client';
export type { TokenSource } from './connection';
export { failureOf, LiveError, type Failure } from './errors';
export { TYPING_SHOWN_MS, type ClientFrame, type HelloResult, type ImageRef, type LiveEvent, type LiveStatus, type LiveTypes, type NewMessage, type ReadResult, type ServerFrame } from './protocol';
export type { Rest, RestRequest } from './rest';
export { IndexedDbStorage } from './outbox/indexedDb';
export { Outbox, type Draft, type OutboxEntry, type OutboxEvent, type OutboxOptions } from './outbox/outbox';
export { MemoryStorage, type Attachment, type OutboxStorage, type StoredEntry } from './outbox/storage';
export type { Channel, Lock } from './outbox/tabs';
