// How far a list of messages has come, and how it catches up: by what frames bring, else by asking /changes/.
import { ask, swap } from "./fragments.js";
import { isOpen } from "./live-line.js";

export const GAP_MS = 150; // frames that overtake each other are not a gap
const ROUNDS_MAX = 20; // 50 changes each; beyond that a fresh page is cheaper
const RETRY_MS = 3000;

export class Changes {
  constructor(list) {
    this.list = list;
    this.overtaking = new Set(); // versions that came before the ones below them
  }

  get version() {
    return Number(this.list.messages.dataset.version);
  }

  stop() {
    clearTimeout(this.timer);
  }

  reached(version) {
    if (version <= this.version) return;
    this.overtaking.add(version);
    this.moveTo(this.version);
    if (this.overtaking.size) this.repairIn(GAP_MS, version);
  }

  moveTo(version) {
    for (const early of this.overtaking) if (early <= version) this.overtaking.delete(early);
    while (this.overtaking.delete(version + 1)) version += 1;
    this.list.messages.dataset.version = version;
  }

  // Unless the page has come that far by itself meanwhile.
  repairIn(delay_ms, version = Infinity) {
    if (version <= this.version) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.overtaking.size || version > this.version) && this.repair(), delay_ms);
  }

  // Fetches what changed until there is no more; asked again meanwhile, it looks once more.
  async repair() {
    if (this.isRepairing) {
      this.isAskedAgain = true;
      return;
    }
    this.isRepairing = true;
    try {
      do {
        this.isAskedAgain = false;
        await this.fetch();
      } while (this.isAskedAgain && this.list.isConnected);
    } catch {
      if (isOpen() && this.list.isConnected) this.repairIn(RETRY_MS);
    } finally {
      this.isRepairing = false;
    }
  }

  async fetch() {
    for (let round = 0; this.list.isConnected; round += 1) {
      if (round === ROUNDS_MAX) return this.list.reload();
      const url = `${this.list.dataset.changesUrl}?since=${this.version}`;
      const answer = await ask(url, { signal: this.list.going.signal });
      if (answer.status === 404) return this.list.reload();
      if (!answer.ok) throw new Error(`changes: ${answer.status}`);
      await swap(answer.text);
      this.list.notice();
      this.moveTo(Math.max(this.version, Number(answer.headers.get("Parley-Version"))));
      if (answer.headers.get("Parley-More") === "1") continue;
      const isMember = answer.headers.get("Parley-Member") === "1";
      if (isMember !== Boolean(this.list.parentElement.querySelector("#composer, .blocked-note"))) await this.list.reload();
      return;
    }
  }
}
