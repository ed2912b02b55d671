/** For `node --import`: runs TypeScript of this project as it is, so that child processes need no build. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
