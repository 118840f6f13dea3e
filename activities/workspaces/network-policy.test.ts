import { expect, test } from 'vitest';
import { type Egress, ruleset } from './network-policy.ts';

function rules(egress: Egress, resolvers: string[] = []): string[] {
  return ruleset({ subnetPool: '10.201.0.0/16', egress }, resolvers)
    .split('\n')
    .map((line) => line.replace(/-[0-9a-f]{8}/, ''));
}

test('whatever may leave, no packet of a workspace goes to another one or to the host unless it is an answer', () => {
  for (const egress of ['internet', 'any', 'none'] as const) {
    const lines = rules(egress);
    const answers = '-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN';
    expect(lines.filter((line) => line.startsWith('-A LEASEHOLD-HOST'))).toEqual([
      `-A LEASEHOLD-HOST ${answers}`,
      '-A LEASEHOLD-HOST -j DROP',
    ]);
    expect(lines.filter((line) => line.startsWith('-A LEASEHOLD-OUT')).slice(0, 2)).toEqual([
      `-A LEASEHOLD-OUT ${answers}`,
      '-A LEASEHOLD-OUT -d 10.201.0.0/16 -j DROP',
    ]);
    expect(lines.filter((line) => line.startsWith('-A LEASEHOLD-IN'))).toEqual([
      `-A LEASEHOLD-IN ${answers}`,
      '-A LEASEHOLD-IN -j DROP',
    ]);
  }
});

test('the internet is all but private addresses, of which a name server may be asked', () => {
  const lines = rules('internet', ['10.0.0.2']);
  expect(lines.indexOf('-A LEASEHOLD-OUT -d 10.0.0.2/32 -p udp --dport 53 -j RETURN')).toBeGreaterThan(0);
  expect(lines.indexOf('-A LEASEHOLD-OUT -d 10.0.0.0/8 -j DROP')).toBeGreaterThan(
    lines.indexOf('-A LEASEHOLD-OUT -d 10.0.0.2/32 -p tcp --dport 53 -j RETURN'),
  );
  expect(lines).toContain('-A LEASEHOLD-OUT -d 169.254.0.0/16 -j DROP');
});

test('nothing leaves where nothing may, and everything where anything may', () => {
  expect(rules('none')).toContain('-A LEASEHOLD-OUT -j DROP');
  expect(rules('any').filter((line) => line.startsWith('-A LEASEHOLD-OUT'))).toHaveLength(2);
});
