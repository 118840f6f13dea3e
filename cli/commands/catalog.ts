import { Command } from 'commander';
import { CatalogInvalid } from '#catalogs/catalog-invalid.ts';
import { loadCatalog } from '#catalogs/load.ts';
import { priceTable } from '#catalogs/price-table.ts';
import type { Catalog } from '#domain/catalog.ts';
import { catalogDiffCommand, catalogSyncCommand } from './catalog-sync.ts';

/** `leasehold catalog`: what works on the catalogs, the files in which a product's plans and prices stand. */
export function catalogCommand(): Command {
  return new Command('catalog')
    .description('Check a product’s plans and prices, print them, and bring them to Stripe.')
    .addCommand(checkCommand())
    .addCommand(tableCommand())
    .addCommand(catalogDiffCommand())
    .addCommand(catalogSyncCommand());
}

function checkCommand(): Command {
  return new Command('check')
    .description('Read catalogs and name everything that is wrong with them.')
    .argument('<files...>', 'catalogs, for example catalogs/*.yaml')
    .action((files: string[]) => {
      for (const file of files) {
        const catalog = readOrSay(file);
        if (catalog) console.log(`${file}: ${found(catalog)}`);
      }
    });
}

function tableCommand(): Command {
  return new Command('table')
    .description('Print the prices of a catalog as Markdown.')
    .argument('<file>', 'catalog, for example catalogs/2bot.yaml')
    .action((file: string) => {
      const catalog = readOrSay(file);
      if (catalog) process.stdout.write(priceTable(catalog));
    });
}

/** Says what is wrong and has the command exit 1, so that the other files are still read. */
function readOrSay(file: string): Catalog | null {
  try {
    return loadCatalog(file, process.env);
  } catch (error) {
    if (!(error instanceof CatalogInvalid)) throw error;
    console.error(error.message);
    process.exitCode = 1;
    return null;
  }
}

function found({ name, currency, plans, addOns, metrics }: Catalog): string {
  const boosters = addOns.filter((each) => each.kind === 'booster').length;
  const prices = [...plans, ...addOns].reduce((sum, each) => sum + each.prices.length, 0);
  const parts = [
    counted(plans.length, 'plan'),
    counted(addOns.length - boosters, 'add-on'),
    counted(boosters, 'booster'),
    counted(prices, 'price'),
    counted(metrics.length, 'metered price'),
  ].filter((part) => part !== '');
  return `${name} is in order: ${parts.join(', ')}, in ${currency}.`;
}

function counted(count: number, what: string): string {
  if (count === 0) return '';
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
