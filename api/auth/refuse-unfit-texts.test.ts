import { expect, test } from 'vitest';
import { refuseUnfitTexts } from './refuse-unfit-texts.ts';

const send = (body: string) => refuseUnfitTexts(new Request('http://api.test', { method: 'POST', body }));

test.each([
  ['a name', '{"name":"a\\nb"}', 'The name must be one line'],
  ['a name that is no text', '{"name":{"a":1}}', 'The name must be a text'],
  ['an address', `{"email":"${'a'.repeat(300)}@leasehold.test"}`, 'The email must have 254'],
  ['a field that nobody has heard of', `{"callbackURL":"${'a'.repeat(2_001)}"}`, 'json.callbackURL must have 2000'],
])('%s is refused by its name', async (_, body, detail) => {
  await expect(send(body)).rejects.toMatchObject({ status: 400, message: expect.stringContaining(detail) });
});

test.each([
  ['names that every object has', '{"constructor":"a","__proto__":"b","toString":"c"}'],
  ['a password with whatever can be typed', '{"password":"a\\u202eb","newPassword":"\\u0001"}'],
  ['what is left out', '{"image":null,"callbackURL":""}'],
  ['no object', '[1]'],
])('%s is not this one’s to refuse', async (_, body) => {
  await expect(send(body)).resolves.toBeUndefined();
});
