import { afterEach, beforeEach, describe } from 'vitest';
import { testAppends } from './contract/appends.ts';
import { testCheckpoints } from './contract/checkpoints.ts';
import { testExpectedEpochs } from './contract/expected-epochs.ts';
import { Fixture, type StoreUnderTest } from './contract/fixture.ts';
import { testIncarnations } from './contract/incarnations.ts';
import { testLifetime } from './contract/lifetime.ts';
import { testReads } from './contract/reads.ts';
import { testTombstones } from './contract/tombstones.ts';

export type { StoreUnderTest } from './contract/fixture.ts';

/** The tests that every `DocumentStore` passes. Call it at the top level of a test file. */
export function testDocumentStore(name: string, underTest: StoreUnderTest): void {
  describe(`${name} keeps the contract of a DocumentStore`, () => {
    const fixture = new Fixture(underTest);
    beforeEach(() => fixture.open());
    afterEach(() => fixture.cleanUp());

    testAppends(fixture);
    testExpectedEpochs(fixture);
    testReads(fixture);
    testCheckpoints(fixture);
    testIncarnations(fixture);
    testTombstones(fixture);
    testLifetime(fixture);
  });
}
