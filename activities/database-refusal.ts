/** What PostgreSQL refuses for what it says: the same again would be refused again. */
export interface DatabaseRefusal {
  /** PostgreSQL's code where it is known (SQLSTATE), else Prisma's. */
  code: string;
  /** In words, without the values. */
  reason: string;
}

/** Classes of SQLSTATE: 22 data, 23 integrity, 54 too large. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REFUSED = /^(22|23|54)[0-9A-Z]{3}$/;
/** Prisma's codes for the same. https://www.prisma.io/docs/orm/reference/error-reference */
const PRISMA_REFUSED: Record<string, string> = {
  P2000: 'a value is too long for its column',
  P2002: 'another row has the same unique value',
  P2003: 'a row that it refers to is not there',
  P2004: 'a constraint of the table is not met',
  P2005: 'a value is not valid for its column',
  P2006: 'a value is not valid for its column',
  P2007: 'a value can not be validated',
  P2011: 'a value that is needed is missing',
  P2019: 'the input is not valid',
  P2020: 'a value is out of range',
  P2023: 'a value is not valid for its column',
  P2033: 'a number does not fit',
};
const CLASS_REASONS: Record<string, string> = {
  '22': 'a value can not be stored',
  '23': 'a constraint of the table is not met',
  '54': 'it is too large',
};
const DEEPEST = 6;

/**
 * Whether an error says that PostgreSQL refuses what it was given, for what it says. `null` for a database that is away, busy, full or
 * read-only, and for errors of ours: those are worth another try.
 */
export function databaseRefusalOf(error: unknown, depth = 0): DatabaseRefusal | null {
  if (typeof error !== 'object' || error === null || depth > DEEPEST) return null;
  const { name } = error as { name?: unknown };
  if (name === 'PrismaClientValidationError')
    return { code: String(name), reason: 'a value is not valid for its column' };
  const { code, originalCode, cause, meta, driverAdapterError } = error as Record<string, unknown>;
  for (const each of [originalCode, code]) {
    if (typeof each === 'string' && REFUSED.test(each))
      return { code: each, reason: CLASS_REASONS[each.slice(0, 2)] ?? 'it was refused' };
  }
  const within = [driverAdapterError, meta, cause].map((each) => databaseRefusalOf(each, depth + 1));
  const found = within.find((each) => each !== null);
  if (found) return found;
  const reason = typeof code === 'string' ? PRISMA_REFUSED[code] : undefined;
  return reason === undefined ? null : { code: String(code), reason };
}
