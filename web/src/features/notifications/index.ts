export { alertStateQuery, onAlertEvent } from './api';
export { AlertsPage } from './AlertsPage';
export { alertPath, plainAlertText } from './text';
