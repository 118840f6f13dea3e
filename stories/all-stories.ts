import { grace } from './grace.ts';
import { leave } from './leave.ts';
import { resize } from './resize.ts';
import type { Story } from './story.ts';
import { twoHosts } from './two-hosts.ts';

/** Every story that `leasehold story` can play. */
export const stories: readonly Story[] = [grace, leave, resize, twoHosts];
