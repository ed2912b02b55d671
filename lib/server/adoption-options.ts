import { LONGEST_TIMER } from '../backoff.js';
import { InvalidOptionError } from '../errors/invalid-option.error.js';
import { DEFAULT_PRESENCE_TOPIC } from '../adoption/presence-message.js';
import { type OptionNames, refuseUnknownNames } from '../option-names.js';
import { validateTopicName } from '../topic/topic-name.js';
import { wholeNumber } from '../whole-number.js';

/**
 * How the sessions of dead workers are adopted.
 *
 * @publicApi
 */
export interface AdoptionSettings {
  /** Milliseconds for which a worker must have been gone. Default 10,000. */
  after?: number;
  /**
   * Workers of a group announce themselves in retained messages below `<topic>/<group>/`. All workers of a group must
   * have the same. Default `nestjs-mqtt-shared/presence`.
   */
  topic?: string;
}

const ADOPTION_OPTIONS: OptionNames<AdoptionSettings> = { after: true, topic: true };

export const DEFAULT_ADOPTION_AFTER = 10_000;

/** The settings with defaults filled in, `undefined` when adoption is off. @throws InvalidOptionError */
export function adoptionSettings(adoption: boolean | AdoptionSettings = true): Required<AdoptionSettings> | undefined {
  if (adoption === false) return undefined;
  const settings = adoption === true ? {} : adoption;
  refuseUnknownNames(settings, ADOPTION_OPTIONS, 'adoption');
  const { after = DEFAULT_ADOPTION_AFTER, topic = DEFAULT_PRESENCE_TOPIC } = settings;
  wholeNumber('adoption.after', after, 0, LONGEST_TIMER);
  validateTopicName(topic, { where: 'the option `adoption.topic`' });
  if (topic.startsWith('$'))
    throw new InvalidOptionError('adoption.topic', 'it begins with $', 'Choose another topic.');
  return { after, topic };
}
