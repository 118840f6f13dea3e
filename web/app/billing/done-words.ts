/** What is said when a button of the billing pages has done its work. */
export const DONE_WORDS = {
  bought: 'Thank you. What you bought is yours as soon as Stripe confirms the payment; this page follows.',
  left: 'Nothing was bought, and nothing was charged.',
  changed: 'Done. What changes shows here within moments.',
  scheduled: 'Done. The change comes at the end of the period that is paid.',
  cancel: 'It ends with the period that is paid. Until then you can take that back.',
  undo: 'Taken back. It goes on as before.',
  paid: 'Thank you: it is paid.',
  'method-default': 'This is charged from now on.',
  'method-remove': 'It was removed.',
} as const;

export type DoneWord = keyof typeof DONE_WORDS;

/** @param text what an address says; anything strange is nothing */
export function doneWordOf(text: string | null): DoneWord | null {
  return text !== null && Object.hasOwn(DONE_WORDS, text) ? (text as DoneWord) : null;
}
