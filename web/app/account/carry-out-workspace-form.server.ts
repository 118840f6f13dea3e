import { randomUUID } from 'node:crypto';
import type { SizePreviewAnswer, WishAnswer } from '#api/answers.ts';
import type { ApiClient } from '../api/api-client.server.ts';
import { invalid, type Refusal } from '../api/refusal.server.ts';
import { textOf } from '../forms/text-of.ts';

/** What a form of the account page came to: recorded in a version, looked at beforehand, or refused. */
export type FormOutcome = WishAnswer | { preview: SizePreviewAnswer } | Refusal;

/** Asks the API for what a button of the account page stands for. */
export async function carryOutWorkspaceForm(api: ApiClient, accountId: string, form: FormData): Promise<FormOutcome> {
  const workspaceId = textOf(form, 'workspaceId');
  const name = textOf(form, 'name');
  const headers = { 'idempotency-key': textOf(form, 'formKey') || randomUUID() };
  const account = `/api/v1/accounts/${encodeURIComponent(accountId)}/workspaces`;
  const workspace = `/api/v1/workspaces/${encodeURIComponent(workspaceId)}`;
  const intent = textOf(form, 'intent');
  switch (intent) {
    case 'start':
    case 'stop':
    case 'restart':
    case 'recover':
    case 'restore':
      return (await api.post<WishAnswer>(`${workspace}/${intent}`)).answer;
    case 'move':
      return (await api.post<WishAnswer>(`${workspace}/move`, { at: null })).answer;
    case 'create':
      if (!name) return invalid('Please give the workspace a name.');
      return (await api.post<WishAnswer>(account, { name }, headers)).answer;
    case 'rename':
      if (!name) return invalid('Please give the workspace a name.');
      return (await api.patch<WishAnswer>(workspace, { name })).answer;
    case 'preview':
    case 'resize':
      return resize(api, workspace, form);
    case 'delete':
      if (form.get('sure') !== 'on') return invalid('Please tick that you mean it.');
      return (await api.delete<WishAnswer>(workspace)).answer;
    case 'delete-now':
      if (form.get('sure') !== 'on') return invalid('Please tick that its data may go, too.');
      return (await api.delete<WishAnswer>(`${workspace}?immediately=true`)).answer;
    default:
      return invalid('That button is not known.');
  }
}

/** Nobody gets a size whose meaning they have not seen: what was changed after the preview is previewed again. */
async function resize(api: ApiClient, workspace: string, form: FormData): Promise<FormOutcome> {
  const cores = Number(textOf(form, 'cpus').replace(',', '.'));
  const size = {
    memoryMb: Number(textOf(form, 'memoryMb')),
    cpuPercent: Math.round(cores * 100),
    storageMb: Number(textOf(form, 'storageMb')),
  };
  const isSize = Object.values(size).every((each) => Number.isSafeInteger(each) && each > 0);
  if (!isSize) return invalid('Please fill in memory, CPUs and storage as numbers, memory and storage in whole MB.');
  const restart = form.get('restart') === 'on';
  const seen = JSON.stringify(size);
  if (textOf(form, 'intent') === 'resize' && textOf(form, 'previewed') === seen)
    return (await api.put<WishAnswer>(`${workspace}/size`, { ...size, restart })).answer;
  const query = new URLSearchParams(Object.entries(size).map(([part, value]) => [part, String(value)]));
  return { preview: await api.get<SizePreviewAnswer>(`${workspace}/size-preview?${query}`) };
}
