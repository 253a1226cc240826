export { ChannelPage } from './ChannelPage';
export { ChannelsPage } from './ChannelsPage';
