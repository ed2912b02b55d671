import { isBytes, toBuffer, toJson } from '../payload/to-payload.js';

/**
 * What is kept of a message that has run: what answered it, if it was a request. JSON, so that any store can hold it, in
 * which bytes are told from what looks like them.
 *
 * @throws PayloadEncodeError for an answer that JSON cannot hold
 */
export function encodeRecord(answers: readonly unknown[]): string {
  return `{"answers":[${answers.map(encodeAnswer).join()}]}`;
}

function encodeAnswer(answer: unknown): string {
  if (answer === undefined) return '{}';
  if (isBytes(answer)) return toJson({ bytes: toBuffer(answer).toString('base64') });
  return `{"json":${toJson(answer)}}`;
}

/** Throws where somebody else has written in its place. */
export function decodeRecord(text: unknown): unknown[] {
  try {
    const { answers } = JSON.parse(String(text)) as { answers: readonly { json?: unknown; bytes?: string }[] };
    return answers.map(({ json, bytes }) => (bytes === undefined ? json : Buffer.from(bytes, 'base64')));
  } catch (cause) {
    throw new Error('it holds something else in place of the record', { cause });
  }
}
