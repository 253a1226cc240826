// The texts of the settings. They come with the pages that show them: Home does without.
import { settings } from './en.settings';
import { addTexts } from './translate';

addTexts({ settings });
