const LOOPBACK = ['127.0.0.1', 'localhost', '::1'];

/**
 * An environment in which a proxy is asked for what is outside, and never for this machine: gRPC would send even
 * `127.0.0.1` through `https_proxy`. What a person excludes stays excluded; without a proxy nothing is added.
 */
export function loopbackPastProxies(env: Record<string, string | undefined>): Record<string, string | undefined> {
  const hasProxy = Object.keys(env).some((name) => /^(https?|all|grpc)_proxy$/i.test(name) && env[name]);
  if (!hasProxy) return env;
  const excluded = [env.no_proxy, env.NO_PROXY].flatMap((list) => (list ?? '').split(',').map((each) => each.trim()));
  const all = [...new Set([...excluded, ...LOOPBACK])].filter(Boolean).join();
  return { ...env, no_proxy: all, NO_PROXY: all };
}
