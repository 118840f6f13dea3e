import { normalText, type TextKind, textFault } from '#domain/text-rules.ts';
import { PlatformError } from '#platform/platform-error.ts';

/**
 * Reads a text of the command line by the rules that the product has for it.
 *
 * @param name what it is called in the refusal, such as `--reason`
 * @returns a parser for commander; it throws PlatformError with what is wrong, without repeating the text
 */
export function textArgument(kind: TextKind, name: string): (text: string) => string {
  return (text) => {
    const fault = textFault(kind, text);
    if (fault !== null) throw new PlatformError(`${name} ${fault}.`);
    return normalText(text);
  };
}
