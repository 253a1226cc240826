export { FeedPage } from './FeedPage';
export { noteNewPost } from './newPosts';
