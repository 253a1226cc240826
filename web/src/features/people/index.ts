export { blocksQuery, peopleQuery, useBlock } from './api';
export { FollowersPage, FollowingPage } from './FollowListPage';
export { PeoplePage } from './PeoplePage';
export { ProfilePage } from './ProfilePage';
