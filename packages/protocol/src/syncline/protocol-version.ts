/**
 * The WebSocket subprotocol. It stands for the framing and for the layout of `hello` and `goodbye`,
 * which are the same in all versions: without them two ends could not find out that they differ.
 */
export const SUBPROTOCOL = 'syncline.v1';

/**
 * The versions of the messages that this package reads and writes, oldest first. A client offers those
 * that it speaks in `hello`; the server takes the highest that it speaks too and names it in `welcome`.
 *
 * A message that an older end would refuse, or would take for another one, needs a new version, one
 * release before anything sends it. vectors/syncline-v1.json holds the bytes, so that none changes
 * unnoticed.
 *
 * History:
 * - 1: the first.
 */
export const PROTOCOL_VERSIONS: readonly number[] = [1];

/** The highest version that both ends speak; undefined when there is none. */
export function chooseVersion(offered: readonly number[]): number | undefined {
  return PROTOCOL_VERSIONS.findLast((version) => offered.includes(version));
}
