/**
 * A queue of bytes to be written. Its blocks are reused, so that no amount of output makes garbage.
 */
import { Buffer } from 'node:buffer';

/**
 * Large enough that the writing thread is woken seldom, small enough that progress shows on a slow
 * disk.
 */
const blockBytes = 256 * 1024;

/** A block, of which the bytes `from` to `to` are queued. */
interface Block {
  readonly bytes: Buffer;
  from: number;
  to: number;
}

export class ByteQueue {
  /** The blocks, oldest first; new bytes go into the last. */
  readonly #blocks: Block[] = [];
  readonly #spare: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies the bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const block = this.#roomyBlock();
      const count = Math.min(bytes.length - at, blockBytes - block.to);
      block.bytes.set(count === bytes.length ? bytes : bytes.subarray(at, at + count), block.to);
      block.to += count;
      at += count;
    }
    this.#length += bytes.length;
  }

  /** The oldest contiguous bytes. More may be pushed while they are written. */
  head(): Buffer | undefined {
    const block = this.#blocks[0];
    return block === undefined || block.from === block.to ? undefined : block.bytes.subarray(block.from, block.to);
  }

  /** True when no more bytes fit into the head. */
  get isHeadComplete(): boolean {
    return this.#blocks[0]?.to === blockBytes;
  }

  /** Removes the first `count` bytes of the head, which have been written. */
  drop(count: number): void {
    const block = this.#blocks[0];
    if (block === undefined) return;
    this.#length -= count;
    block.from += count;
    if (block.from < block.to) return;
    if (this.isHeadComplete) {
      this.#blocks.shift();
      this.#spare.push(block.bytes);
    }
    block.from = 0;
    block.to = 0;
  }

  #roomyBlock(): Block {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.to < blockBytes) return last;
    const block = { bytes: this.#spare.pop() ?? Buffer.allocUnsafeSlow(blockBytes), from: 0, to: 0 };
    this.#blocks.push(block);
    return block;
  }
}
