import { createParamDecorator, type ExecutionContext, type PipeTransform, type Type } from '@nestjs/common';
import { MQTTSharedContext } from '../context/mqtt-shared.context.js';

/**
 * Injects a named level of the topic: with `devices/+deviceId/jobs/#rest`, `@TopicParam('deviceId')` is `'42'` for
 * `devices/42/jobs/a/b`, and `@TopicParam('rest')` is `'a/b'`. `undefined` for a name that the filter does not have.
 *
 * @publicApi
 */
export const TopicParam: (name: string, ...pipes: (Type<PipeTransform> | PipeTransform)[]) => ParameterDecorator =
  createParamDecorator((name: string, execution: ExecutionContext): string | undefined => {
    const context: unknown = execution.switchToRpc().getContext();
    return context instanceof MQTTSharedContext ? context.params[name] : undefined;
  });
