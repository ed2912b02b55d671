import type { VersionExamination } from '../examination.js';

/** What a finding means, worst first: `problem` loses messages, `warning` may, `note` is good to know, `good` is. */
export type Level = 'problem' | 'warning' | 'note' | 'good';

/** An option of `ServerMQTTShared` to set, as it stands in code. */
export interface OptionToSet {
  readonly name: string;
  readonly value: string;
}

export interface Advice {
  readonly level: Level;
  /** Sentences, the same for the same cause, so that those of both versions can be put together. */
  readonly says: string;
  readonly option?: OptionToSet;
}

/** Looks at one version of MQTT in which Shared Subscriptions work. */
export type Rule = (version: VersionExamination) => Advice | undefined;
