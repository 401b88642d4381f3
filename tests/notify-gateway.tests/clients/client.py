"""A client of the gateway on Debian's python3-websockets. Says what stdin says, a line a message; prints what comes, a JSON object a line."""
import asyncio, json, sys
import websockets


def tell(**what):
    print(json.dumps(what), flush=True)


async def main():
    async with websockets.connect(sys.argv[1], ping_interval=None) as socket:
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)

        async def speak():
            async for line in lines:
                await socket.send(line.decode().rstrip("\n"))

        speaking = asyncio.create_task(speak())
        try:
            while True:
                tell(text=await socket.recv())
        except websockets.ConnectionClosed:
            tell(closed=socket.close_code, reason=socket.close_reason)
        speaking.cancel()


asyncio.run(main())
