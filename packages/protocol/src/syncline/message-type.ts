/**
 * The first number of each message. One that both ends say with different bodies has two. All take one
 * byte, 0 is none, and there is room behind each group.
 */
export const MessageType = {
  // Both ends, about the connection.
  ping: 1,
  pong: 2,
  fragment: 3,
  // The client, about the connection.
  hello: 16,
  token: 17,
  // The server, about the connection.
  welcome: 32,
  goodbye: 33,
  tokenAccepted: 34,
  tokenRefused: 35,
  tokenExpiring: 36,
  // The client, about a session.
  attach: 48,
  update: 49,
  detach: 50,
  clientAwareness: 51,
  clientBroadcast: 52,
  // The server, about a session.
  attached: 64,
  reset: 65,
  checkpoint: 66,
  entries: 67,
  synced: 68,
  epoch: 69,
  ask: 70,
  ack: 71,
  rejected: 72,
  rights: 73,
  detached: 74,
  serverAwareness: 75,
  serverBroadcast: 76,
  broadcastAck: 77,
} as const;
