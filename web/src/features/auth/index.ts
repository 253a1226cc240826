export { logOut } from './api';
export { LoginPage } from './LoginPage';
export { checkDisplayName, checkPassword } from './rules';
export { JoinPage, SignupPage } from './SignupPage';
