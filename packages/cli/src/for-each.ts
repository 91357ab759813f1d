/**
 * Runs a task for each of many things, so many at a time.
 * @throws what a task or the source throws, once the tasks that run have ended.
 */
export async function forEach<T>(
  source: AsyncIterable<T>,
  atOnce: number,
  task: (thing: T) => Promise<void>,
): Promise<void> {
  const things = source[Symbol.asyncIterator]();
  let hasFailed = false;
  const work = async () => {
    try {
      for (;;) {
        const next = await things.next();
        if (next.done === true || hasFailed) return;
        await task(next.value);
      }
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: atOnce }, work));
  await things.return?.();
  const failure = ends.find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}
