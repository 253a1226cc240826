export { conversationsQuery, unreadQuery } from './api';
export { ChatPage } from './ChatPage';
export { onChatEvent } from './liveEvents';
export { clearOutbox } from './outbox';
