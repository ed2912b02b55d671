import { afterEach, expect, it } from '@jest/globals';
import { Controller } from '@nestjs/common';
import { ClientProxyFactory, MessagePattern, Transport, type ClientProxy } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { ServerMQTTShared } from 'nestjs-mqtt-shared';
import { EmbeddedBroker } from 'nestjs-mqtt-shared/testing';
import { firstValueFrom } from 'rxjs';

@Controller()
class SumController {
  @MessagePattern('sum')
  sum(numbers: number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
  }
}

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of cleanUp.splice(0).reverse()) await end();
});

it('a deserializer reads requests and a serializer writes their answers, as with Nest’s own transports', async () => {
  const broker = new EmbeddedBroker();
  await broker.listen();
  cleanUp.push(() => broker.close());
  const server = new ServerMQTTShared({
    url: broker.url,
    deserializer: {
      deserialize: async ({ body, call }, options) => ({ pattern: options?.channel, data: body, id: call }),
    },
    serializer: {
      serialize: ({ id, response, isDisposed }) => JSON.stringify({ call: id, result: response, isDisposed }),
    },
  });
  const module = await Test.createTestingModule({ controllers: [SumController] }).compile();
  const app = module.createNestMicroservice({ strategy: server, logger: false });
  await app.listen();
  cleanUp.push(() => app.close());
  const client: ClientProxy = ClientProxyFactory.create({
    transport: Transport.MQTT,
    options: {
      url: broker.url,
      serializer: { serialize: ({ data, id }) => JSON.stringify({ body: data, call: id }) },
      deserializer: { deserialize: ({ call, result, isDisposed }) => ({ id: call, response: result, isDisposed }) },
    },
  });
  cleanUp.push(async () => client.close());
  expect(await firstValueFrom(client.send('sum', [1, 2, 3]))).toBe(6);
});
