export { authorPostsQuery, channelPostsQuery, feedQuery, insertPost } from './api';
export { PostList } from './PostList';
