export { ComposePrompt } from './ComposePrompt';
export { ComposeSheet } from './LazyComposeSheet';
export { takeFormerDraft } from './draft';
export { openCompose } from './store';
