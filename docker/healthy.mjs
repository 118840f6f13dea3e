/** For the images' health checks: `healthy.mjs PORT_SETTING DEFAULT_PORT PATH` ends with 0 when the process answers 200. */
const [setting = '', port = '', path = '/'] = process.argv.slice(2);
// biome-ignore lint/style/noProcessEnv: it is told by the setting of the process that it looks at
const url = `http://127.0.0.1:${process.env[setting] || port}${path}`;
const answer = await fetch(url, { signal: AbortSignal.timeout(4_000) }).catch(() => null);
process.exit(answer?.status === 200 ? 0 : 1);
