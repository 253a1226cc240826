// What is said of pictures on their way. It comes with what sends them: Home does without.
import { photoErrors, photoTools } from './en.photos';
import { addTexts } from './translate';

addTexts({ errors: photoErrors, compose: photoTools });
