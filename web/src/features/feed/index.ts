export { clearNewPosts, noteNewPost } from './newPosts';
