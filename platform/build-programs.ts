import { buildProgram, PROGRAMS, type ProgramName } from './programs.ts';

// For images: their processes start from these scripts, and nothing is made there.
for (const name of Object.keys(PROGRAMS) as ProgramName[])
  process.stdout.write(`${(await buildProgram(name)).at(-1)}\n`);
