export { confirmAtContact } from './confirm';
export { keep } from './keeper';
export { followSession, forgetEverybody, lastContact, lastPerson, rememberContact } from './person';
export { firstPage, keyIs, whole, type KeptRule, type Sources } from './rules';
