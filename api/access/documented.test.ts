import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ACTIONS, type Action, rolesFor } from '#domain/access.ts';

test('docs/security.md shows the table of domain/access as it is', () => {
  const cells = readFileSync('docs/security.md', 'utf8')
    .split('\n')
    .filter((line) => /^\| `[\w-]+:[\w-]+`/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  expect(cells).toEqual(
    Object.entries(ACTIONS).map(([action, { does, scope, needsGoodStanding, needsOrganisation }]) => [
      `\`${action}\``,
      does,
      rolesFor(action as Action).join(', '),
      scope === null ? 'no' : `\`${scope}\``,
      needsGoodStanding ? 'no' : 'yes',
      needsOrganisation ? 'organisations' : 'all',
    ]),
  );
});
