import { wallSeconds } from './clock.ts';
import { change, emit } from './events.ts';
import { newId } from './ids.ts';
import { mergeMetadata } from './metadata.ts';
import type { Metadata, Product } from './objects.ts';
import { invalidRequest, noSuch } from './stripe-error.ts';
import type { World } from './world.ts';

export interface ProductFields {
  name?: string | undefined;
  active?: boolean | undefined;
  /** Only of a product that is there, and one of its active prices. */
  default_price?: string | undefined;
  description?: string | null | undefined;
  metadata?: Metadata | null | undefined;
  unit_label?: string | null | undefined;
  url?: string | null | undefined;
}

/** @throws StripeError `resource_missing` */
export function findProduct(world: World, id: string, param = 'product'): Product {
  const product = world.state.products[id];
  if (!product) throw noSuch('product', id, param);
  return product;
}

/** What invoices call a price: the name of its product. https://docs.stripe.com/billing/subscriptions/prorations */
export function productNameOf(world: World, price: { product: string }): string {
  return world.state.products[price.product]?.name ?? price.product;
}

/** Emits `product.created`. https://docs.stripe.com/api/products/create */
export function createProduct(
  world: World,
  fields: ProductFields & { name: string; id?: string | undefined },
): Product {
  if (fields.id && world.state.products[fields.id]) {
    throw invalidRequest('Product already exists.', 'id', 'resource_already_exists');
  }
  const created = wallSeconds(world);
  const product: Product = {
    id: fields.id ?? newId('prod'),
    object: 'product',
    active: fields.active ?? true,
    created,
    default_price: null,
    description: fields.description ?? null,
    images: [],
    livemode: false,
    marketing_features: [],
    metadata: mergeMetadata({}, fields.metadata),
    name: fields.name,
    package_dimensions: null,
    shippable: null,
    statement_descriptor: null,
    tax_code: null,
    tax_details: null,
    type: 'service',
    unit_label: fields.unit_label ?? null,
    updated: created,
    url: fields.url ?? null,
  };
  world.state.products[product.id] = product;
  emit(world, 'product.created', product);
  return product;
}

/** Emits `product.updated`. https://docs.stripe.com/api/products/update */
export function updateProduct(world: World, id: string, fields: ProductFields): Product {
  const product = findProduct(world, id, 'id');
  const defaultPrice = fields.default_price;
  if (defaultPrice !== undefined) {
    const price = world.state.prices[defaultPrice];
    if (price?.product !== id || !price.active) {
      throw invalidRequest(`${defaultPrice} is no active price of this product.`, 'default_price');
    }
  }
  change(world, 'product.updated', product, (each) => {
    if (fields.name !== undefined) each.name = fields.name;
    if (fields.active !== undefined) each.active = fields.active;
    if (defaultPrice !== undefined) each.default_price = defaultPrice;
    if (fields.description !== undefined) each.description = fields.description;
    if (fields.unit_label !== undefined) each.unit_label = fields.unit_label;
    if (fields.url !== undefined) each.url = fields.url;
    each.metadata = mergeMetadata(each.metadata, fields.metadata);
    each.updated = wallSeconds(world);
  });
  return product;
}
