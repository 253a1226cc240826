export { conversationsQuery, unreadQuery } from './api';
export { onChatEvent } from './liveEvents';
export { clearOutbox, openOutbox } from './outbox';
