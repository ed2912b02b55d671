/** Why a probe could not find out what it asks; the message goes into the report. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
}

/** The question does not arise on this protocol version or with this broker. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}
