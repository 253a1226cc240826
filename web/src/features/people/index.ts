export { blocksQuery, peopleQuery, useBlock } from './api';
