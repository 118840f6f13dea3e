import proto, { type temporal } from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;

/** A workflow's history as text: protobuf's object form, with enums and long numbers as words and digits. */
export function historyToText(history: temporal.api.history.v1.IHistory): string {
  const plain = History.toObject(History.fromObject(history), { enums: String, longs: String, bytes: String });
  return `${JSON.stringify(plain)}\n`;
}

/** @throws Error when the text is no history */
export function historyFromText(text: string): temporal.api.history.v1.History {
  return History.fromObject(JSON.parse(text));
}
