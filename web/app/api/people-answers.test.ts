import type { z } from '@hono/zod-openapi';
import { expectTypeOf, test } from 'vitest';
import type { auditRoute } from '#api/routes/audit.ts';
import type { listInvitationsRoute } from '#api/routes/list-invitations.ts';
import type { listKeysRoute } from '#api/routes/list-keys.ts';
import type { listMembersRoute } from '#api/routes/list-members.ts';
import type { meRoute } from '#api/routes/me.ts';
import type { AuditEntry, Invitation, Key, MeAnswer, Member } from './people-answers.ts';

interface Answering {
  responses: { 200: { content: { 'application/json': { schema: z.ZodType } } } };
}
type Answer<Route extends Answering> = z.output<Route['responses'][200]['content']['application/json']['schema']>;

test('what the pages read is what the API answers', () => {
  expectTypeOf<Answer<typeof meRoute>>().toExtend<MeAnswer>();
  expectTypeOf<Answer<typeof listMembersRoute>>().toExtend<{ members: Member[] }>();
  expectTypeOf<Answer<typeof listInvitationsRoute>>().toExtend<{ invitations: Invitation[] }>();
  expectTypeOf<Answer<typeof listKeysRoute>>().toExtend<{ keys: Key[] }>();
  expectTypeOf<Answer<typeof auditRoute>>().toExtend<{ entries: AuditEntry[]; next: string | null }>();
});
