import type { Admission, Content, ScannedUpdate } from '@syncline/update';

/** To keep so many bytes for nothing costs less than a copy of others. */
const MIN_BYTES = 256;

/**
 * The parts of an update are views into all of its bytes, which they would keep in memory. Those that
 * are a small part of a large one get a copy of their own.
 */
export function withOwnBytes({ bytes }: ScannedUpdate, admission: Admission): Admission {
  if (bytes.length <= MIN_BYTES) return admission;
  const { news, held } = admission;
  return {
    news: news && ownBytes(news),
    held: held && { ...ownBytes(held), needs: held.needs },
  };
}

function ownBytes(content: Content): Content {
  const { runs, deletes, references } = content;
  const used = runs.reduce((sum, run) => sum + run.to - run.from, 0);
  const kept = new Set(runs.map((run) => run.bytes.buffer));
  let keptBytes = 0;
  for (const { byteLength } of kept) keptBytes += byteLength;
  if (2 * used >= keptBytes) return content;
  const copies = runs.map((run) => {
    const bytes = run.bytes.slice(run.from, run.to);
    return { ...run, bytes, from: 0, to: bytes.length, lastFrom: run.lastFrom - run.from };
  });
  return { runs: copies, deletes, references };
}
