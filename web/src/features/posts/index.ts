export { authorPostsQuery, channelPostsQuery, feedQuery, insertPost } from './api';
export { PostList } from './PostList';
export { PostPage } from './PostPage';
