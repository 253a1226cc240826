// All texts. For the app behind the log-in, and for tests.
import { en } from './en';
import { addTexts } from './translate';

addTexts(en);
