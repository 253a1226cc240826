export { authorPostsQuery, channelPostsQuery, feedQuery, insertPost, removePost } from './api';
export { PostList } from './PostList';
