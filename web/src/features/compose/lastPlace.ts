import { memory } from '@/store';
import type { Place } from './audience';

const placeKey = (userId: string) => `${userId} compose place`;

/** Where one posted last. */
export const lastPlace = async (userId: string): Promise<Place | null> => (await memory.get<Place>(placeKey(userId))) ?? null;
export const rememberPlace = (userId: string, place: Place) => memory.set(placeKey(userId), place);
