import { FilterTrie } from '../routing/filter-trie.js';
import { parseTopicFilter } from '../topic/topic-filter.js';
import { hasExpired, type Message } from './message.js';

/** The retained message of each topic (section 3.3.1.3). */
export class RetainedStore {
  readonly #messages = new Map<string, Message>();

  /** An empty payload removes what is there [MQTT-3.3.1-6]. */
  store(message: Message): void {
    if (message.payload.length === 0) this.#messages.delete(message.topic);
    else this.#messages.set(message.topic, message);
  }

  matching(topicFilter: string): Message[] {
    const matcher = new FilterTrie<true>();
    matcher.add(parseTopicFilter(topicFilter, { namedLevels: false }), true);
    return [...this.#messages.values()].filter((message) => !hasExpired(message) && matcher.first(message.topic));
  }
}
