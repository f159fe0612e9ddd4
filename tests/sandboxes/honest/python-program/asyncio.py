# out: 4
import asyncio

async def f():
    await asyncio.sleep(0)
    return 4

print(asyncio.run(f()))
