/** The one version of Stripe's API that is spoken. */
export const API_VERSION = '2026-10-28.endive';
