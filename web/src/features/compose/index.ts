export { ComposePrompt } from './ComposePrompt';
export { ComposeSheet } from './LazyComposeSheet';
export { takeFormerDraft } from './draft';
export { closeCompose, openCompose } from './store';
