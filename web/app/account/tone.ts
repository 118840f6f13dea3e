/** What a colour says. Never the only carrier of it: a word stands beside. */
export type Tone = 'good' | 'info' | 'warn' | 'bad' | 'neutral';
