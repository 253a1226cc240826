export { uploadMedia } from '@/entities';
