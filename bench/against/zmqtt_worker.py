"""A zMQTT worker with manual acknowledgement: jobs at once up to `concurrency`, each acknowledged when it is done."""

import asyncio
import json
import os
import sys
import threading
import time

from zmqtt import QoS, create_client


def tell(**message):
    print(json.dumps(message), flush=True)


def end_with_parent():
    sys.stdin.read()
    os._exit(0)  # as a crash would, so that the session stays


async def main(job):
    messages, wait, name = job["messages"], job["wait"] / 1000, job["name"]
    seen = bytearray(messages)
    slots = asyncio.Semaphore(job["concurrency"])
    running = set()
    started = None
    left = messages

    async def handle(message):
        nonlocal left
        data = json.loads(message.payload)
        if wait > 0:
            await asyncio.sleep(wait)
        await message.ack()
        if seen[data["id"]]:
            raise RuntimeError(f"Message {data['id']} came twice.")
        seen[data["id"]] = 1
        left -= 1
        slots.release()
        if left == 0:
            tell(cpu=0, elapsed=(time.monotonic() - started) * 1e6 / messages)

    options = {"client_id": name, "clean_session": False, "version": "5.0", "session_expiry_interval": 3600}
    async with create_client(job["host"], job["port"], **options) as client:
        async with client.subscribe(f"$share/{name}/jobs/#", qos=QoS.AT_LEAST_ONCE, auto_ack=False) as jobs:
            tell(subscribed=True)
            async for message in jobs:
                if started is None:
                    started = time.monotonic()
                await slots.acquire()
                task = asyncio.create_task(handle(message))
                running.add(task)
                task.add_done_callback(running.discard)


threading.Thread(target=end_with_parent, daemon=True).start()
asyncio.run(main(json.loads(sys.argv[1])))
