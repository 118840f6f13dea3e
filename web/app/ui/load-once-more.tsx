/** No second time within this, in milliseconds: what can't be had is not asked for in a circle. */
const NOT_AGAIN_FOR_MS = 10_000;

/**
 * Loads a page once more whose scripts did not arrive: the network changed while it was loading, or a new version took their place.
 * Not when something has been filled in already: every form works without scripts too.
 */
export function LoadOnceMore({ nonce }: { nonce: string | undefined }) {
  const script = `(${watch})(${NOT_AGAIN_FOR_MS})`;
  // biome-ignore lint/security/noDangerouslySetInnerHtml: our own code, which has to be there before any file is
  return <script nonce={nonce} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: script }} />;
}

/** Runs in the browser as it is written here: it can use nothing from outside. */
function watch(notAgainForMs: number): void {
  const loadOnceMore = () => {
    const fields = [...document.querySelectorAll('input')];
    if (fields.some(({ value, defaultValue }) => value !== defaultValue)) return;
    if (Date.now() - Number(sessionStorage.getItem('loaded-once-more')) < notAgainForMs) return;
    sessionStorage.setItem('loaded-once-more', String(Date.now()));
    // Not `reload`, which would send a form again that this page is the answer to.
    location.replace(location.pathname + location.search);
  };
  addEventListener('error', ({ target }) => target instanceof HTMLScriptElement && loadOnceMore(), true);
  addEventListener('unhandledrejection', ({ reason }) => {
    if (/module/.test(String(reason)) && !('__remixRouter' in window)) loadOnceMore();
  });
}
