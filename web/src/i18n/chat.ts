// The words of messages and conversations. They come with what shows a conversation: Home does without.
import { chat } from './en.chat';
import { addTexts } from './translate';

addTexts({ chat });
