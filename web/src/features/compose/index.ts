export { ComposePrompt } from './ComposePrompt';
export { ComposeSheet } from './ComposeSheet';
export { writeDraft } from './draft';
export { openCompose } from './store';
