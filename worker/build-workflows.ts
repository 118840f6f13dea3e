import { workflowBundle } from './workflow-bundle.ts';

// For images: a worker that starts finds the script and writes nothing.
process.stdout.write(`${await workflowBundle()}\n`);
