export { logOut } from './api';
export { checkDisplayName, checkPassword } from './rules';
