/** Versions of the programs that the platform builds itself; those of npm packages are in `package.json`. */
export const versions = {
  /** `go.temporal.io/server`. 1.32.1 and newer need a newer Go. */
  temporalServer: '1.32.0',
  /** The Go that builds it; an older one from 1.21 on fetches it by itself. */
  go: '1.26',
  /** `github.com/temporalio/ui-server/v2`. */
  temporalUi: '2.54.1',
} as const;
