# out: [1, 4, 9]
# out: caught: boom
import asyncio


async def square(x: int) -> int:
    await asyncio.sleep(0.01 * (4 - x))
    return x * x


async def fail() -> None:
    raise ValueError("boom")


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(square(x)) for x in (1, 2, 3)]
    print([task.result() for task in tasks])
    try:
        async with asyncio.timeout(5), asyncio.TaskGroup() as group:
            group.create_task(fail())
    except* ValueError as errors:
        print("caught:", errors.exceptions[0])


asyncio.run(main())
