import { inspect } from 'node:util';
import { KNOWN_BROKERS, UNKNOWN_BROKER } from '../../broker/known-brokers.js';
import type { BrokerProfile } from '../../broker/profile.js';
import { recogniseBroker } from '../../broker/recognise-broker.js';
import { type Examination, findingOf } from '../examination.js';
import { profileOf } from '../profile-of.js';
import type { Advice } from './advice.js';

/** Whether the option `broker` has to be set, because what its default takes the broker to be may lose or double messages. */
export function brokerOptionAdvice(examination: Examination): Advice | undefined {
  const found = profileOf(examination);
  if (isSafe(profileByDefault(examination), found)) return undefined;
  return {
    level: 'warning',
    says: 'The broker is not what its CONNACK makes workers believe: name it, or set `broker` to what was found out.',
    option: { name: 'broker', value: inspect(found, { breakLength: Infinity }) },
  };
}

function profileByDefault({ versions }: Examination): BrokerProfile {
  const announced = versions.map((version) => findingOf(version, 'limits')).find((limits) => limits !== undefined);
  const known = announced && recogniseBroker(announced);
  return known === undefined ? UNKNOWN_BROKER : KNOWN_BROKERS[known];
}

function isSafe(believed: BrokerProfile, found: BrokerProfile): boolean {
  return (
    (!believed.handsOver.clean || found.handsOver.clean) &&
    (!believed.handsOver.persistent || found.handsOver.persistent) &&
    (believed.unsubscribeRedelivers || !found.unsubscribeRedelivers) &&
    (believed.resubscribeRedelivers || !found.resubscribeRedelivers) &&
    (!believed.willsOfSessions || found.willsOfSessions) &&
    (!believed.retainedReachesWildcards || found.retainedReachesWildcards) &&
    (believed.receiveMaximum === 'drops' || found.receiveMaximum !== 'drops') &&
    // How long it was is a matter of chance; the profile of a known broker allows for it.
    (believed.resumptionPause > 0 || found.resumptionPause === 0)
  );
}
