import type { LogFn } from 'pino';

/** Errors that are remembered at a time, and subjects of one. */
const MOST_ERRORS = 500;
const MOST_SUBJECTS = 20;
/** Fields that tell what a line is about. A request's id is not among them: it is another in each line. */
const SUBJECTS = ['accountId', 'customerId', 'workspaceId', 'hostId', 'workflowId', 'part', 'template'] as const;

type Write = () => void;

interface Repeated {
  count: number;
  subjects: Set<string>;
  /** Writes one line for those that were not. */
  tell: Write;
}

export interface RepeatFold {
  /** Calls `write` when the line is news. `brief` writes the same line without the stack, with how often it came since the last line. */
  take(line: { error: Error; message: string; fields: object }, write: Write, brief: (repeated: number) => void): void;
  /** Tells of all that was held back. */
  flush(): void;
}

/**
 * Holds back errors that repeat: the first one is written whole, what follows within `windowMs` is counted and told of in one line
 * at its end, without the stack. The same error about another account, workspace and so on is written once too, without the
 * stack, for the first 20 of them.
 *
 * @param options.windowMs time between two lines about one error; default 60,000
 */
export function createRepeatFold({ windowMs = 60_000 } = {}): RepeatFold {
  const known = new Map<string, Repeated>();

  function endWindow(key: string): void {
    const repeated = known.get(key);
    if (!repeated) return;
    if (repeated.count === 0) {
      known.delete(key);
      return;
    }
    repeated.tell();
    repeated.count = 0;
    repeated.subjects.clear();
    watch(key);
  }

  function watch(key: string): void {
    setTimeout(() => endWindow(key), windowMs).unref();
  }

  return {
    take({ error, message, fields }, write, brief) {
      const key = signature(error, message);
      const subject = subjectOf(fields);
      const repeated = known.get(key);
      if (!repeated) {
        if (known.size < MOST_ERRORS) {
          known.set(key, { count: 0, subjects: new Set([subject]), tell: () => undefined });
          watch(key);
        }
        return write();
      }
      if (!repeated.subjects.has(subject) && repeated.subjects.size < MOST_SUBJECTS) {
        repeated.subjects.add(subject);
        return brief(0);
      }
      repeated.count += 1;
      repeated.tell = () => brief(repeated.count);
    },
    flush() {
      for (const repeated of known.values()) if (repeated.count > 0) repeated.tell();
      known.clear();
    },
  };
}

/** What is logged, taken apart; null when it is not about an error. */
export function errorLine(args: Parameters<LogFn>) {
  const [fields, message] = args as unknown as [unknown, unknown];
  if (typeof fields !== 'object' || fields === null) return null;
  const { err, error = err } = fields as { err?: unknown; error?: unknown };
  return error instanceof Error ? { error, message: String(message ?? error.message), fields } : null;
}

/** The fields of a line with the error's name, code and message alone. */
export function withoutStack(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Error ? briefly(value) : value]),
  );
}

function briefly(error: Error): object {
  const { name: type, message, code } = error as NodeJS.ErrnoException;
  return { type, message: message.slice(0, 500), ...(code === undefined ? {} : { code }) };
}

/** Alike for errors that differ in numbers and ids alone. */
function signature(error: Error, message: string): string {
  const { name, code } = error as NodeJS.ErrnoException;
  const text = `${message} ${error.message}`.slice(0, 500).replace(/[\da-f-]{8,}|\d+/gi, '#');
  return `${name} ${code ?? ''} ${text}`;
}

function subjectOf(fields: object): string {
  return SUBJECTS.map((name) => String((fields as Record<string, unknown>)[name] ?? '')).join('/');
}
