/** Reason Codes of MQTT 5.0 (section 2.4) that this broker sends. */
export const ReasonCode = {
  success: 0x00,
  disconnectWithWill: 0x04,
  noMatchingSubscribers: 0x10,
  noSubscriptionExisted: 0x11,
  unspecifiedError: 0x80,
  malformedPacket: 0x81,
  protocolError: 0x82,
  unsupportedProtocolVersion: 0x84,
  clientIdentifierNotValid: 0x85,
  badUserNameOrPassword: 0x86,
  notAuthorized: 0x87,
  serverUnavailable: 0x88,
  serverShuttingDown: 0x8b,
  badAuthenticationMethod: 0x8c,
  keepAliveTimeout: 0x8d,
  sessionTakenOver: 0x8e,
  topicFilterInvalid: 0x8f,
  topicNameInvalid: 0x90,
  packetIdentifierNotFound: 0x92,
  receiveMaximumExceeded: 0x93,
  topicAliasInvalid: 0x94,
  packetTooLarge: 0x95,
  quotaExceeded: 0x97,
  retainNotSupported: 0x9a,
  qosNotSupported: 0x9b,
  sharedSubscriptionsNotSupported: 0x9e,
} as const;

/** CONNECT Return Codes of MQTT 3.1.1 (section 3.2.2.3) for the Reason Codes that have one. */
const returnCodes = new Map<number, number>([
  [ReasonCode.success, 0],
  [ReasonCode.unsupportedProtocolVersion, 1],
  [ReasonCode.clientIdentifierNotValid, 2],
  [ReasonCode.serverUnavailable, 3],
  [ReasonCode.badUserNameOrPassword, 4],
]);

const NOT_AUTHORIZED_RETURN_CODE = 5;

/** The 3.1.1 Return Code that says most nearly what the 5.0 Reason Code says. */
export function connectReturnCode(reasonCode: number): number {
  return returnCodes.get(reasonCode) ?? NOT_AUTHORIZED_RETURN_CODE;
}

/** The client broke a rule: its connection ends, on 5.0 with a DISCONNECT that carries the Reason Code. */
export class ProtocolViolation extends Error {
  constructor(
    readonly reasonCode: number,
    message: string,
  ) {
    super(message);
  }
}
