export { ComposePrompt } from './ComposePrompt';
export { ComposeSheet } from './LazyComposeSheet';
export { writeDraft } from './draft';
export { openCompose } from './store';
