// The rules for what people type, the same as the server's (crates/kernel/src/text): `testdata/text.json` holds both.
export { addresses } from './addresses';
export { isolate } from './direction';
export { normalEmoji } from './emoji';
export { startsWords, words } from './fold';
export { mentions, mentionBefore, type Mention } from './mentions';
export { isBlank, isWholeWord, lengthOf, tidyLine, tidyLines, tidyName } from './visible';
