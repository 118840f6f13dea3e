import { expect, test } from 'vitest';
import type { AccountAnswer, LiveWorkspace } from '#api/answers.ts';
import { accountAnswer, NOW, workspaceView } from './account-answer.fixture.ts';
import { presentAccountPage } from './account-page.ts';

const DAY_MS = 86_400_000;
const LIVE: LiveWorkspace = {
  workspaceId: 'ws-1',
  at: NOW,
  status: 'running',
  containerId: 'c0ffee',
  uptimeSeconds: 93_784,
  memoryUsedMb: 96.2,
  memoryLimitMb: 512,
  memoryOfLimitPercent: 18.8,
  cpuPercent: 12.5,
  cpuLimitPercent: 50,
  cpuOfLimitPercent: 25,
  health: 'healthy',
};

function page(changes: Partial<AccountAnswer> = {}, live: LiveWorkspace | null = LIVE, wallMs = Date.parse(NOW)) {
  return presentAccountPage({
    account: accountAnswer(changes),
    history: [],
    lives: new Map([['ws-1', { live, incident: null }]]),
    viewer: { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: true },
    wallMs,
  });
}

test('a running workspace shows its memory, CPU and uptime against its limits', () => {
  expect(page().workspaces[0]).toMatchObject({
    label: 'Running',
    size: '512 MB memory · 0.5 CPU · 5 GB storage',
    figures: {
      memory: { percent: 19, text: '96 MB of 512 MB' },
      cpu: { percent: 25, text: '25% of 0.5 CPU' },
      uptime: '1 day 2 hours',
      health: 'Healthy',
    },
  });
});

test('a host that does not answer is told apart from a workspace that does not run', () => {
  expect(page({}, null).workspaces[0]).toMatchObject({ figures: null, figuresMissing: true });
  expect(page({ workspaces: [workspaceView({ status: 'stopped' })] }, null).workspaces[0]).toMatchObject({
    figures: null,
    figuresMissing: false,
  });
});

test('time that was moved ahead is told, and dates are seen from it', () => {
  const ahead = page({ now: new Date(Date.parse(NOW) + 4 * DAY_MS).toISOString() });
  expect(ahead.clockNote).toContain('4 days ahead');
  expect(ahead.timeline.now.absolute).toBe('Monday 9 March, 12:00');
});

test('a view that was made a while ago is seen from the present', () => {
  const later = page({}, LIVE, Date.parse(NOW) + 2 * DAY_MS);
  expect(later.timeline.now.absolute).toBe('Saturday 7 March, 12:00');
  expect(later.clockNote).toBeNull();
});

test('what comes from the read model says how old it is', () => {
  expect(page({ source: 'read-model', ageSeconds: 40 }).ageNote).toContain('Shown as of 40 seconds ago');
  expect(page().ageNote).toBeNull();
});

test('what pays is told: a card, none, or that billing is off', () => {
  expect(page().plan.paidWith).toBe('Visa ending in 4242');
  expect(page({ paymentMethod: null }).plan.paidWith).toBe('No card on file');
  expect(page({ paymentMethod: null, billingIsOn: false }).plan.paidWith).toContain('Billing is off');
});
