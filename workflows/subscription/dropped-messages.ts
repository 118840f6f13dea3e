import { log, proxySinks, type Sinks } from '@temporalio/workflow';

/** Why a message, or a part of one, was not taken. A label of a metric: the list is short and fixed. */
export type DropReason = 'malformed' | 'too-many' | 'fault';

/** Where the worker counts what workflows do not take. */
export interface MessageSinks extends Sinks {
  messages: {
    /** @param message name of the signal or Update */
    dropped(message: string, reason: DropReason, count: number): void;
  };
}

const { messages } = proxySinks<MessageSinks>();

/** Counts what was not taken of a message, and says so once for each message. Never with what it held. */
export function countDropped(message: string, reason: DropReason, why: string, count = 1): void {
  messages.dropped(message, reason, count);
  log.warn('Part of a message was not taken.', { message, reason, why, count });
}
