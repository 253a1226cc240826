export { startTheme } from './theme';
