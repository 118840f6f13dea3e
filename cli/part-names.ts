import { InvalidArgumentError } from 'commander';
import { PART_NAMES, type PartName } from '#platform/part.ts';
import { allParts } from '#platform/parts/all-parts.ts';

/** Reads a list such as `worker,api`. Throws InvalidArgumentError, which names the parts that there are. */
export function readPartNames(list: string): PartName[] {
  return list.split(',').map((each) => readPartName(each.trim()));
}

/** Throws InvalidArgumentError, which names the parts that there are. */
export function readPartName(name: string): PartName {
  if (!PART_NAMES.includes(name as PartName))
    throw new InvalidArgumentError(`"${name}" is no part. There are: ${PART_NAMES.join(', ')}.`);
  return name as PartName;
}

/** Parts together with all that they need, in the order in which parts are shown. */
export function withNeeds(names: readonly PartName[]): PartName[] {
  const wanted = new Set<PartName>();
  const want = (name: PartName): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    allParts[name].needs.forEach(want);
  };
  names.forEach(want);
  return PART_NAMES.filter((name) => wanted.has(name));
}
