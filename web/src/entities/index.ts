export { channelListQuery, myChannelsQuery } from './channels';
export { hasExpired, refreshImages, useFreshImage } from './images';
export { keys } from './keys';
export { live, useIsLiveDown } from './live';
export { useCredentials, useMe } from './me';
export { PersonAvatar } from './PersonAvatar';
export { PersonRow } from './PersonRow';
export { useDebounced } from './useDebounced';
export { UploadCancelled, UploadRejected, checkFile, uploadMedia, type UploadHandle } from './upload';
