import { createServer } from 'node:net';

/**
 * Holds a name for this process, among all of this machine. It lives in the kernel (an abstract socket): a crash can't leave it behind.
 *
 * @returns gives it free; null while another, or this process itself, holds it
 * @throws what the kernel refuses
 */
export function holdName(name: string): Promise<(() => Promise<void>) | null> {
  return new Promise((resolve, reject) => {
    const holder = createServer((connection) => connection.destroy());
    holder.unref();
    holder.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(null) : reject(error),
    );
    holder.listen(`\0leasehold-${name}`, () =>
      resolve(() => new Promise<void>((released) => holder.close(() => released()))),
    );
  });
}
