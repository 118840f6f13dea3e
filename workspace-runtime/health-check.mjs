/** For base images without wget: exits 0 when the gateway says that all is well. */
try {
  const response = await fetch('http://127.0.0.1:8080/health', { signal: AbortSignal.timeout(4000) });
  process.exitCode = response.ok ? 0 : 1;
} catch {
  process.exitCode = 1;
}
