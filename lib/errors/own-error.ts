import { RpcException } from '@nestjs/microservices';
import { MQTTSharedError } from './mqtt-shared.error.js';

/** The error of this library that was thrown, by itself or in the `RpcException` that gets it past Nest's filters. */
export function ownError(error: unknown): MQTTSharedError | undefined {
  const inner: unknown = error instanceof RpcException ? error.getError() : error;
  return inner instanceof MQTTSharedError ? inner : undefined;
}
