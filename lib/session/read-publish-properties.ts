import { MalformedPacket } from './malformed-packet.js';
import type { PacketFields } from './packet-fields.js';
import {
  CONTENT_TYPE,
  CORRELATION_DATA,
  MESSAGE_EXPIRY_INTERVAL,
  PAYLOAD_FORMAT_INDICATOR,
  RESPONSE_TOPIC,
  SUBSCRIPTION_IDENTIFIER,
  TOPIC_ALIAS,
  USER_PROPERTY,
} from './publish-property.js';
import type { UserProperties } from './user-properties.js';
import type { PublishProperties } from './wire.js';

/** The properties of a PUBLISH (section 3.3.2.3); `undefined` where it has none. */
export function readPublishProperties(fields: PacketFields): PublishProperties | undefined {
  const size = fields.variableByteInteger();
  if (size === 0) return undefined;
  const properties: PublishProperties = {};
  const entries = fields.within(size);
  while (entries.hasMore) readProperty(entries, properties);
  return properties;
}

function readProperty(fields: PacketFields, properties: PublishProperties): void {
  const identifier = fields.variableByteInteger();
  switch (identifier) {
    case PAYLOAD_FORMAT_INDICATOR:
      properties.payloadFormatIndicator = fields.byte() !== 0;
      break;
    case MESSAGE_EXPIRY_INTERVAL:
      properties.messageExpiryInterval = fields.fourByteInteger();
      break;
    case CONTENT_TYPE:
      properties.contentType = fields.string();
      break;
    case RESPONSE_TOPIC:
      properties.responseTopic = fields.string();
      break;
    case CORRELATION_DATA:
      properties.correlationData = fields.binary();
      break;
    case SUBSCRIPTION_IDENTIFIER:
      properties.subscriptionIdentifier = withOneMore(properties.subscriptionIdentifier, fields.variableByteInteger());
      break;
    case USER_PROPERTY: {
      const name = fields.string();
      // Without a prototype, so that no name of a sender means anything else.
      properties.userProperties ??= Object.create(null) as UserProperties;
      properties.userProperties[name] = withOneMore(properties.userProperties[name], fields.string());
      break;
    }
    case TOPIC_ALIAS:
      // Never announced, so the server must not use one [MQTT-3.3.2-9].
      throw new MalformedPacket('a Topic Alias, of which CONNECT allowed none');
    default:
      throw new MalformedPacket(`a property of a PUBLISH with the identifier ${identifier}, which there is not`);
  }
}

/** A property that may stand several times is a list only then. */
function withOneMore<T>(before: T | T[] | undefined, value: T): T | T[] {
  if (before === undefined) return value;
  return Array.isArray(before) ? [...before, value] : [before, value];
}
