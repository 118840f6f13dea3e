import { expect, test } from 'vitest';
import { viewerOf } from './viewer.ts';

const read = (headers: Record<string, string>) => viewerOf(new Headers(headers));

test('dates follow the reader’s region in English words', () => {
  expect(read({ 'accept-language': 'de-CH,de;q=0.9' }).locale).toBe('en-CH');
  expect(read({ 'accept-language': 'fr' }).locale).toBe('en-FR');
  expect(read({ 'accept-language': 'en-US' }).locale).toBe('en-US');
});

test('the time zone comes from the browser’s cookie', () => {
  expect(read({ cookie: 'a=b; viewer_time_zone=Asia%2FTokyo' })).toMatchObject({
    timeZone: 'Asia/Tokyo',
    timeZoneKnown: true,
  });
});

test('nonsense is treated as absent', () => {
  const plain = { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: false };
  expect(read({})).toEqual(plain);
  expect(read({ 'accept-language': '*', cookie: 'viewer_time_zone=Mars%2FOlympus' })).toEqual(plain);
  expect(read({ 'accept-language': '!!', cookie: 'viewer_time_zone=%E0%A4' })).toEqual(plain);
});
