/**
 * The two processes of a workspace. Each is restarted by itself, with growing pauses and without an end, so a plugin
 * that takes its runtime down never takes the gateway with it.
 */
const shared = {
  cwd: __dirname,
  exec_mode: 'fork',
  autorestart: true,
  exp_backoff_restart_delay: 100,
  // Less than Docker's grace period of 10 s.
  kill_timeout: 5000,
  // Output goes to the container's log only: /tmp is memory.
  out_file: '/dev/null',
  error_file: '/dev/null',
  vizion: false,
  pmx: false,
};

module.exports = {
  apps: [
    { ...shared, name: 'gateway-worker', script: 'gateway-worker.mjs' },
    // Plugins are the customer's code: the token of the gateway is not theirs to read.
    { ...shared, name: 'plugin-runtime', script: 'plugin-runtime.mjs', filter_env: ['LEASEHOLD_WORKSPACE_TOKEN'] },
  ],
};
