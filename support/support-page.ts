import { createHash } from 'node:crypto';
import {
  MOST_LISTED,
  TROUBLE_KINDS,
  TROUBLE_TITLES,
  type Trouble,
  type TroubleKind,
  type Troubles,
} from './trouble.ts';

const STYLE = `
:root { color-scheme: light dark; --line: light-dark(#8c8c8c, #8a8a8a); --soft: light-dark(#f1f1f1, #232323); }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 75rem; padding: 1rem;
  color: light-dark(#1a1a1a, #ededed); background: light-dark(#ffffff, #141414); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; padding-block: 0.5rem; }
th, td { border: 1px solid var(--line); padding: 0.5rem; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
thead th { background: var(--soft); }
td:first-child, td:nth-child(2) { min-width: 9rem; }
code { font-family: ui-monospace, monospace; overflow-wrap: anywhere; }
`;

/** The page's own style and nothing else: no script, no picture, no frame around it. */
export const SUPPORT_PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/**
 * Accounts in trouble as a page of HTML: it needs no script, and all that it shows is escaped.
 *
 * @param now ISO, when it was looked
 */
export function supportPage(troubles: Troubles, now: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Accounts in trouble – Leasehold support</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Accounts in trouble</h1>
<p>As of <time datetime="${escaped(now)}">${escaped(minute(now))}</time>. Load the page again for a new look. The cures are commands for a shell on this machine;
<code>docs/support-runbook.md</code> says more.</p>
${TROUBLE_KINDS.map((kind) => section(kind, troubles)).join('\n')}
</main>
</body>
</html>
`;
}

function section(kind: TroubleKind, { found, counts }: Troubles): string {
  const rows = found.filter((each) => each.kind === kind);
  const heading = `<h2 id="${kind}">${TROUBLE_TITLES[kind]}</h2>`;
  const count = counts[kind];
  if (count === null)
    return `<section aria-labelledby="${kind}">${heading}<p>Could not be looked at: PostgreSQL or Temporal does not answer in time.</p></section>`;
  if (rows.length === 0) return `<section aria-labelledby="${kind}">${heading}<p>None.</p></section>`;
  const shown =
    count > rows.length
      ? `The oldest ${rows.length} of ${count} (at most ${MOST_LISTED} are listed)`
      : `${count} in all`;
  return `<section aria-labelledby="${kind}">
${heading}
<div class="wide" role="region" aria-labelledby="${kind}" tabindex="0">
<table>
<caption>${shown}</caption>
<thead><tr><th scope="col">Account</th><th scope="col">Since</th><th scope="col">What was seen</th><th scope="col">Cure</th></tr></thead>
<tbody>
${rows.map(row).join('\n')}
</tbody>
</table>
</div>
</section>`;
}

function row({ accountId, about, since, detail, cure }: Trouble): string {
  const when = since === null ? 'not known' : `<time datetime="${escaped(since)}">${escaped(minute(since))}</time>`;
  return `<tr><th scope="row"><code>${escaped(accountId ?? about)}</code></th><td>${when}</td><td>${prose(detail)}</td><td>${prose(cure)}</td></tr>`;
}

/** Text with commands between backticks. */
function prose(text: string): string {
  return escaped(text).replace(/`([^`]*)`/g, '<code>$1</code>');
}

function minute(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (each) => ESCAPES[each] ?? each);
}
