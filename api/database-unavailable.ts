/** Prisma's codes for a database that can't be reached, closed the connection, or gave none, or no transaction, in time. */
const PRISMA_CODES = new Set(['P1000', 'P1001', 'P1002', 'P1008', 'P1011', 'P1017', 'P2024', 'P2028', 'P2037']);
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENOENT',
]);
const DRIVER_KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);

/** Whether an error, or what caused it, means that PostgreSQL can't be used right now. Works for `pg` and for Prisma. */
export function isDatabaseUnavailable(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 5) return false;
  const { code, name, message, cause, kind, errors, meta } = error as Record<string, unknown>;
  if (name === 'PrismaClientInitializationError') return true;
  if (typeof kind === 'string' && DRIVER_KINDS.has(kind)) return true;
  if (typeof code === 'string') {
    if (PRISMA_CODES.has(code) || SOCKET_CODES.has(code)) return true;
    // 08: connection; 25006: read-only; 25P03: the transaction was idle for too long; 53: insufficient resources, a full disk among
    // them; 57P: shutdown or start in progress; 57014: the statement took too long; 58: the operating system of the server, such as
    // an I/O error.
    if (/^(08|53|58)...$|^57P0[1-3]$|^57014$|^25(006|P03)$/.test(code)) return true;
  }
  if (
    typeof message === 'string' &&
    /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Can't reach database server)|: Read-only file system$/.test(
      message,
    )
  ) {
    return true;
  }
  if (Array.isArray(errors) && errors.some((each) => isDatabaseUnavailable(each, depth + 1))) return true;
  // A raw query of Prisma has a code of its own (P2010) for whatever went wrong, and the reason here.
  const { driverAdapterError } = (meta ?? {}) as { driverAdapterError?: unknown };
  return isDatabaseUnavailable(driverAdapterError, depth + 1) || isDatabaseUnavailable(cause, depth + 1);
}
