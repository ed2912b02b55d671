import type { Stage } from '../support/stage.js';
import type { Traits } from '../support/traits.js';

/** What a part of the suite stands on. */
export interface Ground {
  readonly traits: Traits;
  readonly protocolVersion: 4 | 5;
  /** That of the test that runs. */
  readonly stage: () => Stage;
}
