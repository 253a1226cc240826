export { alertStateQuery, onAlertEvent } from './api';
export { alertPath, plainAlertText } from './text';
