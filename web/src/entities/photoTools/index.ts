export { PhotoPreview } from './PhotoPreview';
export { PhotosProgress } from './PhotosProgress';
export { problemsWith } from './problemsWith';
export { usePhotoTools, type PhotoTools } from './usePhotoTools';
export { useReorder } from './useReorder';
