import { run } from '../routing.js';
import { childInput, tellParent } from '../support/child.js';

childInput();
tellParent(run());
