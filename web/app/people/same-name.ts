/** Whether somebody wrote a name that was shown: blanks around it, and how its accents are put together, don't count. */
export function isSameName(written: string, shown: string): boolean {
  const plain = (text: string) => text.normalize('NFC').replace(/\s+/g, ' ').trim();
  return written !== '' && plain(written) === plain(shown);
}
