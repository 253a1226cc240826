export { memory } from './memory';
