import { createHash, type Hash } from 'node:crypto';

const BLOCK = 512;
const MODULUS = 2n ** 256n;
/** Names and numbers that don't fit into a header; far more than any file system allows. */
const MOST_EXTENSION_BYTES = 1024 * 1024;

/** A file system of its own has it at its root; it is no data. */
const LOST_AND_FOUND = /^[^/]+\/lost\+found\/?$/;

/** What was in an archive. */
export interface ArchiveContent {
  /** SHA-256, hexadecimal, of the number of entries and the sum of their own. The same for any order and any dialect of tar. */
  digest: string;
  /** Of the content of files. */
  bytes: number;
  entries: number;
}

interface Entry {
  path: string;
  /** A character, as tar has it: `0` a file, `5` a directory, `2` a symbolic link. */
  type: string;
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Whole seconds. */
  mtime: number;
  linkPath: string;
}

/**
 * Reads a tar archive as it passes by, and tells what was in it: to compare two copies of a volume, whichever engines
 * packed them. Times of directories don't count: unpacking into one changes them.
 */
export class ArchiveReader {
  private waiting: Buffer = Buffer.alloc(0);
  private sum = 0n;
  private entries = 0;
  private bytes = 0;
  private extension: Record<string, string> = {};
  private ended = false;
  private current: { entry: Entry; left: number; padding: number; hash: Hash; kept: Buffer[] | null } | null = null;

  /** @throws Error when it is no tar archive */
  push(chunk: Buffer): void {
    let rest = this.waiting.length > 0 ? Buffer.concat([this.waiting, chunk]) : chunk;
    while (!this.ended) {
      if (!this.current) {
        if (rest.length < BLOCK) break;
        this.begin(rest.subarray(0, BLOCK));
        rest = rest.subarray(BLOCK);
      }
      if (!this.current) continue;
      const content = rest.subarray(0, this.current.left);
      this.take(content);
      rest = rest.subarray(content.length);
      const padding = Math.min(this.current.padding, rest.length);
      if (this.current.left > 0 || padding < this.current.padding) break;
      rest = rest.subarray(padding);
      this.finish(this.current);
      this.current = null;
    }
    this.waiting = this.ended ? Buffer.alloc(0) : Buffer.from(rest);
  }

  /** @throws Error when the archive was cut off */
  end(): ArchiveContent {
    if (!this.ended) throw new Error('The archive was cut off before its end.');
    const digest = createHash('sha256')
      .update(`${this.entries} ${this.sum.toString(16)}`)
      .digest('hex');
    return { digest, bytes: this.bytes, entries: this.entries };
  }

  private begin(header: Buffer): void {
    if (header.every((byte) => byte === 0)) {
      this.ended = true;
      return;
    }
    const checksum = header.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0);
    if (checksum !== numberIn(header, 148, 8)) throw new Error('This is no tar archive, or it was damaged on its way.');
    const prefix = textIn(header, 345, 155);
    const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
    const entry: Entry = {
      path: isUstar && prefix !== '' ? `${prefix}/${textIn(header, 0, 100)}` : textIn(header, 0, 100),
      type: header.toString('latin1', 156, 157).replace('\0', '0'),
      mode: numberIn(header, 100, 8) & 0o7777,
      uid: numberIn(header, 108, 8),
      gid: numberIn(header, 116, 8),
      size: numberIn(header, 124, 12),
      mtime: numberIn(header, 136, 12),
      linkPath: textIn(header, 157, 100),
    };
    const isExtension = 'xgLK'.includes(entry.type);
    if (!isExtension) this.extend(entry);
    const left = '12345'.includes(entry.type) ? 0 : entry.size;
    if (isExtension && left > MOST_EXTENSION_BYTES) throw new Error('The archive has a name of more than 1 MB.');
    const padding = (BLOCK - (left % BLOCK)) % BLOCK;
    this.current = { entry, left, padding, hash: createHash('sha256'), kept: isExtension ? [] : null };
  }

  private take(content: Buffer): void {
    if (!this.current || content.length === 0) return;
    this.current.left -= content.length;
    if (this.current.kept) this.current.kept.push(Buffer.from(content));
    else this.current.hash.update(content);
  }

  private finish({ entry, hash, kept }: NonNullable<ArchiveReader['current']>): void {
    if (kept) {
      this.note(entry.type, Buffer.concat(kept));
      return;
    }
    const { path, type, mode, uid, gid, mtime, linkPath } = entry;
    if (LOST_AND_FOUND.test(path)) return;
    const size = '12345'.includes(type) ? 0 : entry.size;
    this.bytes += size;
    const time = type === '5' ? 0 : mtime;
    const line = JSON.stringify([
      path.replace(/\/+$/, ''),
      type,
      mode,
      uid,
      gid,
      time,
      linkPath,
      size,
      hash.digest('hex'),
    ]);
    // A sum, in place of all lines in order: a volume of millions of files takes no more memory than one.
    this.sum = (this.sum + BigInt(`0x${createHash('sha256').update(line).digest('hex')}`)) % MODULUS;
    this.entries += 1;
  }

  /** What the next header is to be extended with. */
  private note(type: string, content: Buffer): void {
    if (type === 'L') this.extension.path = content.toString().replace(/\0+$/, '');
    if (type === 'K') this.extension.linkpath = content.toString().replace(/\0+$/, '');
    if (type !== 'x') return;
    for (let at = 0; at < content.length; ) {
      const space = content.indexOf(' ', at);
      const length = Number(content.toString('latin1', at, space));
      if (space < 0 || !Number.isSafeInteger(length) || length <= 0)
        throw new Error('The archive has a broken header.');
      const record = content.toString('utf8', space + 1, at + length - 1);
      const equals = record.indexOf('=');
      this.extension[record.slice(0, equals)] = record.slice(equals + 1);
      at += length;
    }
  }

  private extend(entry: Entry): void {
    const { path, linkpath, size, uid, gid, mtime } = this.extension;
    if (path !== undefined) entry.path = path;
    if (linkpath !== undefined) entry.linkPath = linkpath;
    if (size !== undefined) entry.size = Number(size);
    if (uid !== undefined) entry.uid = Number(uid);
    if (gid !== undefined) entry.gid = Number(gid);
    if (mtime !== undefined) entry.mtime = Math.floor(Number(mtime));
    this.extension = {};
  }
}

function textIn(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? length : end);
}

/** Octal, or, where the first bit is set, a number of 63 bits. */
function numberIn(header: Buffer, start: number, length: number): number {
  const first = header.readUInt8(start);
  if (first & 0x80) {
    let value = first & 0x7f;
    for (let at = start + 1; at < start + length; at += 1) value = value * 256 + header.readUInt8(at);
    return value;
  }
  const digits = textIn(header, start, length).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}
