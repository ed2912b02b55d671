import { RpcException } from '@nestjs/microservices';
import { MQTTSharedError } from '../errors/mqtt-shared.error.js';

/** The error in a form that Nest's base exception filter lets through; it hides all but what an `RpcException` holds. */
export function visible(error: unknown): unknown {
  return error instanceof MQTTSharedError ? new RpcException(error) : error;
}
