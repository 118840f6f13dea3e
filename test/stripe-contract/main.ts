import { spawn } from 'node:child_process';
import { AT_STRIPE } from './settings.ts';
import { requireTestKey } from './test-key.ts';

/** `npm run test:stripe`: the contracts of billing at Stripe itself. */
try {
  requireTestKey(process.env.STRIPE_SECRET_KEY);
  const tests = spawn('npx', ['vitest', 'run', '--project', 'stripe-contract', ...process.argv.slice(2)], {
    env: { ...process.env, [AT_STRIPE]: '1' },
    stdio: 'inherit',
  });
  tests.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
