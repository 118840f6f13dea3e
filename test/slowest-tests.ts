import type { Reporter, TestModule } from 'vitest/node';

const SHOWN = 15;

/** Lists the slowest tests at the end of a run of more than a few files: where the time of `npm test` goes. */
export class SlowestTests implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < SHOWN) return;
    const tests = modules
      .flatMap((module) => [...module.children.allTests()].map((test) => ({ module, test })))
      .map(({ module, test }) => ({
        ms: test.diagnostic()?.duration ?? 0,
        name: `${module.relativeModuleId} > ${test.fullName}`,
      }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, SHOWN);
    const lines = tests.map(({ ms, name }) => `  ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`);
    process.stdout.write(`\n Slowest tests\n${lines.join('\n')}\n`);
  }
}
