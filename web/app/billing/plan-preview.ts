import type { Preview } from '#api/answers.ts';
import { momentOf } from '../format/moment.ts';
import { money } from '../format/money.ts';
import { type Sentence, sentence } from '../format/sentence.ts';
import type { Viewer } from '../format/viewer.ts';

/** What choosing a plan comes to, to be read before it is chosen. */
export interface PlanPreview {
  /** `new`: it is paid on Stripe's page. */
  when: Preview['when'];
  /** What happens, in sentences. */
  says: Sentence[];
  lines: { text: string; amount: string }[];
  /** What is charged at once; `null` when nothing is. */
  dueNow: string | null;
  /** What would be smaller, without room, or paid for in vain. */
  warnings: string[];
}

/** @param now the account's own time, ISO */
export function presentPlanPreview(
  preview: Preview,
  names: { plan: string; addOn: (id: string) => string },
  now: string,
  viewer: Viewer,
): PlanPreview {
  const { when, currency, lines, dueNowCents, nextAmountCents, nextAt, appliesAt, creditCents, trialDays, fit } =
    preview;
  const sum = (cents: number) => money(cents, currency, viewer.locale);
  const at = (instant: string) => momentOf(instant, now, viewer);
  const says: Sentence[] = [];
  if (when === 'period-end') {
    says.push(
      sentence`${names.plan} begins on ${at(appliesAt)}, when what you have paid for ends. Nothing is charged now.`,
    );
  } else if (trialDays > 0) {
    says.push([`${names.plan} begins at once with ${trialDays} days free.`]);
  } else if (dueNowCents === 0) {
    says.push([`${names.plan} begins at once. Nothing is charged now.`]);
  } else {
    says.push([`${names.plan} begins as soon as ${sum(dueNowCents)} is paid.`]);
  }
  says.push(
    nextAt === null
      ? [`From then on it costs ${sum(nextAmountCents)} each period.`]
      : sentence`${sum(nextAmountCents)} is charged on ${at(nextAt)}, and every period after that.`,
  );
  if (creditCents > 0) says.push([`${sum(creditCents)} stays in your favour and goes against what is charged next.`]);
  return {
    when,
    says,
    lines: lines.map(({ text, amountCents }) => ({ text, amount: sum(amountCents) })),
    dueNow: when !== 'period-end' && dueNowCents > 0 ? sum(dueNowCents) : null,
    warnings: [
      ...fit.misfits.map(({ note }) => note),
      ...fit.idleAddOns.map((id) => `${names.addOn(id)} would be paid for and do nothing on this plan.`),
    ],
  };
}
