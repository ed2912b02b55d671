/** Why a probe could not find out what it asks; the message goes into the report. */
export class ProbeError extends Error {
  override readonly name = 'ProbeError';
}

/** The broker refused a publish: access rules may forbid its topic to this user. */
export class PublishRefused extends ProbeError {}

/** The question does not arise on this protocol version or with this broker. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}
