/** Writes one JSON line to the container's log. */
export function log(entry) {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...entry })}\n`);
}

/** Closes the server on SIGTERM or SIGINT (PM2 sends the latter) and ends; requests under way have 3 s. */
export function stopOnSignal(name, server) {
  let stopping = false;
  const stop = (signal) => {
    if (stopping) return;
    stopping = true;
    log({ level: 'info', event: 'stopping', process: name, signal });
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 3000).unref();
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
