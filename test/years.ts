/** Years for tests that live through some: ahead of us, as no workflow goes back in time. */
const NEXT = new Date().getUTCFullYear() + 1;

function firstFromNext(fits: (year: number) => boolean): number {
  let year = NEXT;
  while (!fits(year)) year += 1;
  return year;
}

const isLeap = (year: number) => new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;

/** Neither it nor the one after it has a February 29th. */
export const YEAR = firstFromNext((year) => !isLeap(year) && !isLeap(year + 1));

/** It has a February 29th. */
export const LEAP_YEAR = firstFromNext(isLeap);

/** When Europe's clocks skip the hour from 01:00 UTC: the last Sunday of a March, on a day that February has, too. */
export const SKIPPED_HOUR = (() => {
  const dayIn = (year: number) => 31 - new Date(Date.UTC(year, 2, 31)).getUTCDay();
  const year = firstFromNext((each) => dayIn(each) <= 28);
  return { year, day: dayIn(year) };
})();
