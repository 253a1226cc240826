export { SettingsPage } from './SettingsPage';
export { startTheme } from './theme';
