# assert: import asyncio
# assert: assert asyncio.run(f()) == 3
async def f():
    return 3
