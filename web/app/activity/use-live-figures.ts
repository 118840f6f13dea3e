import { useRevalidator } from '@remix-run/react';
import { useEffect, useState } from 'react';
import type { LiveWorkspace } from '#api/answers.ts';
import { withFrame } from './live-curve.ts';

export interface LiveFigures {
  /** Oldest first, of the last two minutes; empty until the first comes. */
  frames: LiveWorkspace[];
  /** Nothing new comes in at the moment. */
  interrupted: boolean;
}

/** Figures of a workspace while its page is open. An EventSource comes back by itself; where it may not, the page is loaded anew. */
export function useLiveFigures(accountId: string, workspaceId: string): LiveFigures {
  const [frames, setFrames] = useState<LiveWorkspace[]>([]);
  const [interrupted, setInterrupted] = useState(false);
  const { revalidate } = useRevalidator();

  useEffect(() => {
    const path = `/accounts/${encodeURIComponent(accountId)}/workspaces/${encodeURIComponent(workspaceId)}/live`;
    const source = new EventSource(path);
    source.addEventListener('live', (message) => {
      setInterrupted(false);
      setFrames((shown) => withFrame(shown, JSON.parse(message.data) as LiveWorkspace));
    });
    source.addEventListener('unreachable', () => setInterrupted(true));
    source.addEventListener('error', () => {
      // The stream ends every few minutes and comes back at once: only one that may not come back is over.
      if (source.readyState !== EventSource.CLOSED) return;
      setInterrupted(true);
      revalidate();
    });
    return () => source.close();
  }, [accountId, workspaceId, revalidate]);

  return { frames, interrupted };
}
