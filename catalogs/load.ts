import { readFileSync } from 'node:fs';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Catalog } from '#domain/catalog.ts';

/** A catalog that can't be used: names the file, the place and the way to mend it. */
export class CatalogInvalid extends Error {
  constructor(file: string, problems: string[]) {
    super(`Catalog ${file} can't be used:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'CatalogInvalid';
  }
}

const id = z.string().regex(/^[A-Za-z0-9_-]+$/, 'letters, digits, _ and - only');
const positive = z.int().positive();
const day = z.int().nonnegative();

const catalogSchema = z
  .strictObject({
    id,
    name: z.string().min(1),
    currency: z.string().regex(/^[a-z]{3}$/, 'an ISO 4217 code in lower case, for example usd'),
    plans: z
      .array(
        z.strictObject({
          id,
          name: z.string().min(1),
          prices: z.array(
            z.strictObject({
              interval: z.enum(['month', 'year']),
              amountCents: z.int().nonnegative(),
              lookupKey: z.string().min(1),
            }),
          ),
          workspace: z.strictObject({ memoryMb: positive, cpuPercent: positive, storageMb: positive }),
        }),
      )
      .min(1),
    freePlanId: id,
    onCancel: z.enum(['free-plan', 'stop-services']),
    onCollectionPaused: z.enum(['keep-access', 'hold']),
    dunning: z.strictObject({
      reminderDays: z.array(day),
      suspendAfterDays: positive,
      minimumNoticeDays: day,
      cancelAfterDays: positive,
      voidOpenInvoicesOnCancel: z.boolean(),
      deletionWarningDays: z.array(day),
      deleteAfterDays: positive,
    }),
  })
  .superRefine((catalog, context) => {
    const refuse = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { dunning } = catalog;
    if (!catalog.plans.some((plan) => plan.id === catalog.freePlanId)) {
      refuse(
        ['freePlanId'],
        `no plan has the id ${catalog.freePlanId}; name one of ${catalog.plans.map((plan) => plan.id).join(', ')}`,
      );
    }
    for (const [name, values] of [
      ['plan id', catalog.plans.map((plan) => plan.id)],
      ['lookupKey', catalog.plans.flatMap((plan) => plan.prices.map((price) => price.lookupKey))],
    ] as const) {
      const twice = values.find((value, index) => values.indexOf(value) !== index);
      if (twice !== undefined) refuse(['plans'], `the ${name} ${twice} occurs twice; each must be unique`);
    }
    if (!isAscending([...dunning.reminderDays, dunning.suspendAfterDays])) {
      refuse(['dunning', 'reminderDays'], 'must ascend and lie before suspendAfterDays');
    }
    if (dunning.cancelAfterDays <= dunning.suspendAfterDays) {
      refuse(['dunning', 'cancelAfterDays'], 'must lie after suspendAfterDays');
    }
    if (!isAscending([dunning.cancelAfterDays, ...dunning.deletionWarningDays, dunning.deleteAfterDays])) {
      refuse(['dunning', 'deletionWarningDays'], 'must ascend and lie between cancelAfterDays and deleteAfterDays');
    }
  });

/**
 * Reads and checks a catalog.
 *
 * @param file path of a YAML file; relative paths are seen from the working directory
 * @throws CatalogInvalid naming each problem with its line
 */
export function loadCatalog(file: string): Catalog {
  const document = parseDocument(readFileSync(file, 'utf8'));
  if (document.errors.length > 0)
    throw new CatalogInvalid(
      file,
      document.errors.map((error) => error.message),
    );
  const parsed = catalogSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const text = readFileSync(file, 'utf8');
  const lineOf = (path: PropertyKey[]): number => {
    for (let depth = path.length; depth > 0; depth -= 1) {
      const node = document.getIn(path.slice(0, depth), true) as { range?: [number, number, number] } | undefined;
      if (node?.range) return text.slice(0, node.range[0]).split('\n').length;
    }
    return 1;
  };
  throw new CatalogInvalid(
    file,
    parsed.error.issues.map(
      (issue) => `line ${lineOf(issue.path)}, ${issue.path.join('.') || 'file'}: ${issue.message}`,
    ),
  );
}

function isAscending(values: number[]): boolean {
  return values.every((value, index) => index === 0 || value > (values[index - 1] ?? Number.NEGATIVE_INFINITY));
}
