import { grace } from './grace.ts';
import { leave } from './leave.ts';
import type { Story } from './story.ts';

/** Every story that `leasehold story` can play. */
export const stories: readonly Story[] = [grace, leave];
