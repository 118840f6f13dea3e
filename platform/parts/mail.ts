import { join } from 'node:path';
import type { Part } from '../part.ts';
import { answersOk, waitUntilReady } from '../ready.ts';

/** Catches every mail and shows it in the browser; mails are files in the state folder. */
export const mail: Part = {
  name: 'mail',
  needs: [],
  givenBy: 'SMTP_URL',
  async start({ ports, stateDir, root, describe, spawn }) {
    const child = await spawn({
      command: process.execPath,
      args: [
        join(root, 'node_modules/maildev/dist/bin/maildev.js'),
        ...['--ip', '127.0.0.1', '--smtp', String(ports.smtp)],
        ...['--web-ip', '127.0.0.1', '--web', String(ports.mail)],
        ...['--mail-directory', join(stateDir, 'mails'), '--max-emails', '5000'],
        // Addresses and subjects are in the mails; its log needs none of them.
        '--silent',
      ],
      env: process.env,
      cwd: root,
    });
    await waitUntilReady(child, 'The mail catcher', () => answersOk(`http://127.0.0.1:${ports.mail}/api/healthz`));
    describe(`http://127.0.0.1:${ports.mail}`);
    return child;
  },
};
