import { expect, test } from 'vitest';
import type { IncidentAnswer, WorkspaceView } from '#api/answers.ts';
import { plainText } from '../format/sentence.ts';
import { NOW, workspaceView } from './account-answer.fixture.ts';
import { presentWorkspace } from './workspace.ts';

const VIEWER = { locale: 'en-GB', timeZone: 'UTC', timeZoneKnown: true };
const INCIDENT: IncidentAnswer = {
  at: '2026-03-05T11:58:00.000Z',
  kind: 'crash-looping',
  exitCode: 1,
  outOfMemory: false,
  lastLines: ['Error: no database'],
};

function panel(changes: Partial<WorkspaceView>, incident: IncidentAnswer | null = null) {
  return presentWorkspace(workspaceView(changes), { live: null, incident }, NOW, VIEWER);
}
const said = (changes: Partial<WorkspaceView>) => panel(changes).notices.map(({ text }) => plainText(text));

test('what is under way says since when, and when it should be done', () => {
  const { busy, since } = panel({ status: 'starting', since: NOW, expectedBy: '2026-03-05T12:01:30.000Z' });
  expect(busy).toBe(true);
  expect(since && plainText(since)).toBe('Began just now; as a rule it is done by 12:01');
});

test('what takes too long says so, and when it is tried again', () => {
  const overdue = 'This takes longer than it should. Its host does not answer.';
  expect(said({ status: 'starting', overdue, nextTryAt: '2026-03-05T12:05:00.000Z' })).toEqual([
    `${overdue} It is tried again in 5 minutes, at 12:05.`,
  ]);
});

test('a size that waits is named, with why and when it is tried again', () => {
  const reason = 'The new limit is 128 MB and the workspace uses 210 MB. It keeps 512 MB until less is in use.';
  const pendingSize = { memoryMb: 128, cpuPercent: 50, storageMb: 5120 };
  const waiting = { status: 'resize-pending', reason, pendingSize, nextTryAt: '2026-03-05T12:01:00.000Z' } as const;
  expect(said(waiting)).toEqual([
    `It is to have 128 MB memory and 0.5 CPU. ${reason} It is tried again in 1 minute, at 12:01.`,
  ]);
  expect(panel(waiting).sizes).toEqual(pendingSize);
});

test('the last lines are shown of what crashed or failed, and of nothing else', () => {
  const crashed = panel({ status: 'crash-looping', reason: 'It crashed.', canRecover: true, canStart: true }, INCIDENT);
  expect(crashed.lastWords).toMatchObject({ lines: ['Error: no database'], at: { time: '11:58' } });
  expect(crashed).toMatchObject({ tone: 'bad', can: { recover: true, start: false }, recovers: 'Try it again' });
  expect(panel({ status: 'running' }, INCIDENT).lastWords).toBeNull();
  expect(panel({ status: 'crash-looping' }, { ...INCIDENT, lastLines: [] }).lastWords).toBeNull();
});

test('one that is over its storage can be started to make room, and shows how full it is', () => {
  const storage = { usedMb: 6144, limitMb: 5120 };
  expect(panel({ status: 'suspended', reason: 'Full.', canRecover: true, storage })).toMatchObject({
    recovers: 'Start it to make room',
    storage: { percent: 100, text: '6 GB of 5 GB' },
  });
});
