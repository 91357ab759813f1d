export { PrivatePostgres } from '@syncline/testing/services';
