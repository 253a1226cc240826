export { memory } from './memory';
export { UNSENT, forgetUnsent } from './unsent';
