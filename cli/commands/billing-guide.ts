import { Command } from 'commander';
import { billingGuide } from '#catalogs/billing-guide/billing-guide.ts';
import { CatalogInvalid } from '#catalogs/catalog-invalid.ts';
import { loadCatalog } from '#catalogs/load.ts';

/** `leasehold billing-guide`: what happens when, for people who look after the money, as `docs/billing.md` has it. */
export function billingGuideCommand(): Command {
  return new Command('billing-guide')
    .description(
      'Print what happens when around money, as Markdown: standings, late payments, changes, events, errors.',
    )
    .argument('[file]', 'catalog', 'catalogs/demo.yaml')
    .action((file: string) => {
      try {
        process.stdout.write(billingGuide(loadCatalog(file, process.env)));
      } catch (error) {
        if (!(error instanceof CatalogInvalid)) throw error;
        console.error(error.message);
        process.exitCode = 1;
      }
    });
}
