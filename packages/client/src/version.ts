/** What the client says of itself in its hello; a test holds the version to package.json. */
export const CLIENT_NAME = '@syncline/client';
export const CLIENT_VERSION = '0.1.0';
