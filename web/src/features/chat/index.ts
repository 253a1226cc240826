export { messagingSettingsQuery, conversationsQuery, unreadQuery } from './api';
export { ChannelChatButton } from './ChannelChatButton';
export { ConversationPicture } from './ConversationPicture';
export { rememberJoinCode } from './joinCode';
export { LastWords } from './list/ConversationRow';
export { onChatEvent } from './liveEvents';
export { useNameOf } from './names';
export { clearOutbox, openOutbox } from './outbox';
export { chatRules } from './persist';
