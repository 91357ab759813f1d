/**
 * An awareness state that says who announced it: where users are known, `user.id` is the server's word, and not the
 * client's. Undefined for a state that is no object, which could not say it.
 * @param userId null for somebody who is anonymous, who then claims none.
 */
export function stamp(json: string, userId: string | null): string | undefined {
  const state: unknown = JSON.parse(json);
  if (!isRecord(state)) return undefined;
  const user = isRecord(state['user']) ? state['user'] : {};
  if (userId !== null) return JSON.stringify({ ...state, user: { ...user, id: userId } });
  if (!Object.hasOwn(user, 'id')) return json;
  const { id: _, ...rest } = user;
  return JSON.stringify({ ...state, user: rest });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
