import { SyncError } from '@syncline/protocol';
import type { Credential } from './identity/credential.ts';
import type { Limits } from './limits.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** About so many are remembered who have nothing open: one that is forgotten begins anew. */
const MAX_REMEMBERED = 10_000;

type QuotaLimits = Pick<
  Limits,
  'documentsPerUser' | 'documentsPerAddress' | 'newDocumentsPerHour' | 'storedBytesPerDay'
>;

/** How much there is of something for some time: all of it at once, or as it comes back. */
class Allowance {
  readonly #most: number;
  readonly #periodMs: number;
  #left: number;
  #at = performance.now();

  constructor(most: number, periodMs: number) {
    this.#most = most;
    this.#periodMs = periodMs;
    this.#left = most;
  }

  get isFull(): boolean {
    return this.#refill() >= this.#most;
  }

  /** False when there is not so much left; then nothing is taken. */
  take(amount: number): boolean {
    if (amount > this.#refill()) return false;
    this.#left -= amount;
    return true;
  }

  #refill(): number {
    const now = performance.now();
    const back = ((now - this.#at) / this.#periodMs) * this.#most;
    this.#left = Math.min(this.#most, this.#left + back);
    this.#at = now;
    return this.#left;
  }
}

/** What a user, or an address where nobody is known, has of documents and of the disk. */
export class Account {
  readonly #who: 'user' | 'address';
  readonly #limits: QuotaLimits;
  readonly #newDocuments: Allowance;
  readonly #storedBytes: Allowance;
  #open = 0;

  constructor(who: 'user' | 'address', limits: QuotaLimits) {
    this.#who = who;
    this.#limits = limits;
    this.#newDocuments = new Allowance(limits.newDocumentsPerHour, HOUR_MS);
    this.#storedBytes = new Allowance(limits.storedBytesPerDay, DAY_MS);
  }

  /** Whether there is nothing to be remembered. */
  get isBlank(): boolean {
    return !this.isOpen && this.#newDocuments.isFull && this.#storedBytes.isFull;
  }

  get isOpen(): boolean {
    return this.#open > 0;
  }

  /** One more document is open, until {@link close}. @throws SyncError `too-many-documents` */
  open(): void {
    const name = this.#who === 'user' ? 'documentsPerUser' : 'documentsPerAddress';
    const most = this.#limits[name];
    if (this.#open >= most) {
      throw new SyncError(
        'too-many-documents',
        `the ${this.#who} has limits.${name} (${most}) open`,
      );
    }
    this.#open++;
  }

  close(): void {
    this.#open--;
  }

  /** A document comes into being. @throws SyncError `too-many-new-documents` */
  create(): void {
    if (this.#newDocuments.take(1)) return;
    const { newDocumentsPerHour } = this.#limits;
    throw new SyncError(
      'too-many-new-documents',
      `the ${this.#who} has made limits.newDocumentsPerHour (${newDocumentsPerHour}); come back later`,
    );
  }

  /** So many bytes are added to a log. @throws SyncError `storage-quota-exceeded` */
  store(bytes: number): void {
    if (this.#storedBytes.take(bytes)) return;
    const { storedBytesPerDay } = this.#limits;
    throw new SyncError(
      'storage-quota-exceeded',
      `the ${this.#who} has stored limits.storedBytesPerDay (${storedBytesPerDay}); come back later`,
    );
  }
}

/** The accounts of all who have something open, or have lately made or stored something on this server. */
export class Quotas {
  readonly #limits: QuotaLimits;
  readonly #users = new Accounts('user');
  readonly #addresses = new Accounts('address');

  constructor(limits: QuotaLimits) {
    this.#limits = limits;
  }

  /** How many accounts are kept. */
  get size(): number {
    return this.#users.size + this.#addresses.size;
  }

  /** The account of a client: its user's, or its address's where nobody is known. */
  of({ identity, request }: Pick<Credential, 'identity' | 'request'>): Account {
    const { user } = identity;
    return user === null
      ? this.#addresses.of(request.address, this.#limits)
      : this.#users.of(user.id, this.#limits);
  }
}

class Accounts {
  readonly #who: 'user' | 'address';
  readonly #accounts = new Map<string, Account>();
  /** With so many it is looked which can be forgotten. */
  #sweepAt = MAX_REMEMBERED;

  constructor(who: 'user' | 'address') {
    this.#who = who;
  }

  get size(): number {
    return this.#accounts.size;
  }

  of(name: string, limits: QuotaLimits): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      if (this.#accounts.size >= this.#sweepAt) this.#sweep();
      account = new Account(this.#who, limits);
    } else {
      this.#accounts.delete(name); // the one that is used last stands last
    }
    this.#accounts.set(name, account);
    return account;
  }

  /** Forgets those of which there is nothing to remember, and of too many those that were used least lately. */
  #sweep(): void {
    let remembered = 0;
    for (const [name, account] of this.#accounts) {
      if (account.isBlank) this.#accounts.delete(name);
      else if (!account.isOpen) remembered++;
    }
    for (const [name, account] of this.#accounts) {
      if (remembered <= MAX_REMEMBERED / 2) break;
      if (account.isOpen) continue;
      this.#accounts.delete(name);
      remembered--;
    }
    this.#sweepAt = this.#accounts.size + MAX_REMEMBERED / 2;
  }
}
