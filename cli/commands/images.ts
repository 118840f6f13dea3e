import { Argument, Command } from 'commander';
import { attachPlatform } from '#platform/attach.ts';
import { buildProductImages, PRODUCT_IMAGES, type ProductImage } from '#platform/parts/product-images.ts';
import { stateFolder } from '../state-folder.ts';

/** `leasehold images`: builds the product's own images where no registry can be reached. */
export function imagesCommand(): Command {
  return new Command('images')
    .description("Build the product's own images without a registry, on this machine's node and installed packages.")
    .addArgument(new Argument('[images...]', 'which; default: all').choices(PRODUCT_IMAGES))
    .option('--tag <tag>', 'their tag', 'dev')
    .action(async (images: ProductImage[], { tag }: { tag: string }) => {
      const running = await attachPlatform(stateFolder(process.env));
      await buildProductImages({
        dockerHost: process.env.DOCKER_HOST || running?.env.DOCKER_HOST || 'unix:///var/run/docker.sock',
        images: images.length > 0 ? images : PRODUCT_IMAGES,
        nameOf: (image) => `leasehold/${image}:${tag}`,
        onProgress: (line) => console.log(line),
      });
    });
}
