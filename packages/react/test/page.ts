import { Window } from 'happy-dom';
import { afterAll } from 'vitest';
import { populateGlobal } from 'vitest/runtime';

/**
 * A page. Not by vitest's environment, in which packages would be those for browsers: the server runs in this
 * process. Import it before React.
 */
const window = new Window({ url: 'http://127.0.0.1/' });
populateGlobal(globalThis, window, { bindFunctions: true });

afterAll(() => window.happyDOM.close());
