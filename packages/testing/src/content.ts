import { until } from './until.ts';

/** Waits until a client's text is that. @throws Error that says what the client has in its place */
export async function hasContent(
  client: { readonly content: string },
  content: string,
  timeoutMs?: number,
): Promise<void> {
  try {
    await until('the content is there', () => client.content === content, timeoutMs);
  } catch {
    const got = client.content;
    throw new Error(
      `the client has ${got.length} characters, not the ${content.length} that were expected: ` +
        JSON.stringify(got.slice(0, 80)),
    );
  }
}
