// The texts that every page behind the log-in may need.
import { en } from './en';
import { addTexts } from './translate';

addTexts(en);
