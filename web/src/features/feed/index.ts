export { noteNewPost } from './newPosts';
