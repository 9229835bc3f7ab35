/** The script of the page: fresh contents without a jump, and keys. Without it the page does the same by links and by loading it again. */
import { startCopy } from './copy.ts';
import { startFollow } from './follow.ts';
import { startKeys } from './keys.ts';
import { startLive } from './live.ts';

startCopy();
startFollow();
startKeys();
startLive();
