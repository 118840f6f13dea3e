import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MailTemplate } from '#domain/effect.ts';
import { platformEnv } from '#test/lane.ts';
import { BILLING_SCENARIOS, type BillingScenario, CATALOG_FILE, START } from '#test/scenarios/billing-scenarios.ts';
import { SCHEDULE_IDS } from '#workflows/reconciliation/messages.ts';
import { type CatalogPlatform, startCatalogPlatform } from '../integration/catalogs/catalog-platform.fixture.ts';
import { openShop } from '../integration/catalogs/shop.fixture.ts';
import { MailGate } from '../integration/scenarios/mail-gate.ts';
import { PlatformStage, type PlatformTheatre } from '../integration/scenarios/platform-stage.ts';
import { WebhookCarrier } from '../integration/scenarios/webhook-carrier.ts';

const TIMEOUT_MS = 600_000;
/** Of the orders beside the right one. A failure names its seed. */
const SEEDS = [1, 2];

let own: CatalogPlatform;
let theatre: PlatformTheatre;

beforeAll(async () => {
  const { SMTP_URL: smtpUrl = '', LEASEHOLD_MAIL_URL: mailUrl = '' } = platformEnv();
  const [carrier, mailGate] = await Promise.all([WebhookCarrier.open(), MailGate.open(smtpUrl)]);
  own = await startCatalogPlatform({
    catalog: CATALOG_FILE,
    hostMemoryMb: 512 * 1024,
    hostCpuPercent: 40_000,
    env: {
      STRIPE_SIMULATOR_FORWARD_TO: carrier.url,
      SMTP_URL: mailGate.url,
      // The walk that finds a dispute passes the events of all plays, of which many are on their way.
      LEASEHOLD_RECONCILE_PER_SECOND: '50',
      LEASEHOLD_RECONCILE_CONFIRM_SECONDS: '0.5',
    },
  });
  carrier.targets = [`${own.platform.env.LEASEHOLD_API_URL}/api/v1/webhooks/stripe`];
  const shop = await openShop(own.platform.env);
  // An account is compared in its own time, by its stage.
  for (const id of Object.values(SCHEDULE_IDS)) await shop.client.schedule.getHandle(id).pause('a test');
  const price = async (lookupKey: string) => shop.stripe.prices.retrieve(await shop.priceOf(lookupKey));
  const prices = {
    team: await price('test_team_month'),
    teamYear: await price('test_team_year'),
    studio: await price('test_studio_month'),
    micro: await price('test_micro_month'),
  };
  theatre = { shop, prices, carrier, mailGate, mailUrl };
});

afterAll(async () => {
  await theatre?.shop.close();
  await own?.discard();
  await Promise.all([theatre?.carrier.close(), theatre?.mailGate.close()]);
});

interface Played {
  mails: MailTemplate[];
}

const disorder = { late: 0, doubled: 0, lost: 0 };

async function play(scenario: BillingScenario, seed: number | null): Promise<Played> {
  const { opensAt = START, withCustomer, isAboutWorkspace = false, ends } = scenario;
  const withWorkspace = seed === null || isAboutWorkspace;
  const stage = await PlatformStage.open(theatre, { opensAt, withCustomer, withWorkspace, seed });
  try {
    await scenario.play(stage);
    await stage.comesToRest();
    await stage.promises(ends);
    for (const kind of ['late', 'doubled', 'lost'] as const) disorder[kind] += stage.route.disorder[kind];
    return { mails: await stage.mails() };
  } finally {
    await stage.close();
  }
}

describe.concurrent.each(BILLING_SCENARIOS.map((each) => [each.title, each] as const))(
  'scenario %s',
  (_title, scenario) => {
    let playedInOrder: Promise<Played> | undefined;
    const inOrder = () => {
      playedInOrder ??= play(scenario, null);
      return playedInOrder;
    };
    const { onlyWhenLate = [], mails: told = [] } = scenario;

    test('ends as it should, and its owner is told once of each thing', { timeout: TIMEOUT_MS }, async () => {
      const { mails } = await inOrder();
      expect(mails.filter((each) => each !== 'invoice')).toEqual([...told].sort());
    });

    test.each(SEEDS)(
      'ends the same with late, doubled and lost webhooks (seed %i)',
      { timeout: TIMEOUT_MS },
      async (seed) => {
        const { mails } = await play(scenario, seed);
        expect(mails.filter((each) => !onlyWhenLate.includes(each))).toEqual((await inOrder()).mails);
      },
    );
  },
);

describe('beside the scenarios themselves', () => {
  test('the other orders have late, doubled and lost webhooks', () => {
    for (const [kind, times] of Object.entries(disorder))
      expect(times, kind).toBeGreaterThanOrEqual(BILLING_SCENARIOS.length);
  });

  test('each situation from 1 to 32 has its tests on the real engines, where the table says', () => {
    const table = readFileSync('test/scenarios/README.md', 'utf8');
    for (let number = 1; number <= 32; number += 1) {
      const row = table.split('\n').find((line) => line.startsWith(`| ${number} `)) ?? '';
      const files = [...row.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, file = '']) => file);
      expect(files, `files in the row of ${number}`).not.toEqual([]);
      for (const file of files)
        expect(titlesOf(file), file).toMatch(new RegExp(`(scenarios? |')(\\d+ and )?${number}\\b`));
    }
  });
});

/** The text that has the titles of a file's tests. */
function titlesOf(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.includes('describe.concurrent.each(BILLING_SCENARIOS')
    ? BILLING_SCENARIOS.map(({ title }) => `scenario ${title}`).join('\n')
    : text;
}
