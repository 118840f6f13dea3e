/** Which button of a billing page is at work, and which was refused. */
export interface Pressed {
  /** Whoever looks may buy, change and pay. */
  mayManage: boolean;
  /** Of the forms of this page: the same wish sent twice happens once. */
  formKey: string;
  /** Something is on its way. */
  pending: boolean;
  /** @param id of what the button is about, where several have the same */
  isPending(intent: string, id?: string): boolean;
  /** Why one of these buttons was refused. @param id as with `isPending` */
  refusedOf(intents: readonly string[], id?: string): { error: string } | null;
}

/** What a form was, as far as its page needs it again. */
export interface SentForm {
  intent: string;
  id: string;
}

/** @param sent the form on its way; @param refused the one that was refused last */
export function pressedOf(
  base: Pick<Pressed, 'mayManage' | 'formKey' | 'pending'>,
  sent: SentForm | null,
  refused: (SentForm & { error: string }) | null,
): Pressed {
  const is = (form: SentForm | null, intents: readonly string[], id: string) =>
    form !== null && intents.includes(form.intent) && form.id === id;
  return {
    ...base,
    isPending: (intent, id = '') => is(sent, [intent], id),
    refusedOf: (intents, id = '') => (refused && is(refused, intents, id) ? refused : null),
  };
}
