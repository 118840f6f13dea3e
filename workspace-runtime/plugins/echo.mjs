/** Answers with what it was sent. */
export default function echo(payload) {
  return payload;
}
