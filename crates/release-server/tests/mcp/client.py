"""An agent's side of MCP by the official client library: requests come in as JSON lines, answers go out the same way.

    client.py URL MODE     the token in TOKEN; MODE: legacy (2025-06-18, by its handshake) or auto (2026-07-28, by discovery)
"""
import asyncio
import json
import os
import sys

import httpx2
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp.types import Implementation


def told(result):
    text = "".join(block.text for block in result.content if block.type == "text")
    return {"is_error": bool(result.is_error), "structured": result.structured_content, "text": text}


async def answer(client, asked):
    if asked["do"] == "list":
        listed = await client.list_tools()
        return {"tools": [tool.model_dump(by_alias=True, exclude_none=True) for tool in listed.tools]}
    if asked["do"] == "hello":
        return {"protocol": client.protocol_version, "server": client.server_info.name}
    return told(await client.call_tool(asked["name"], asked["arguments"]))


async def main():
    url, mode = sys.argv[1:]
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}"}
    loop = asyncio.get_running_loop()
    async with httpx2.AsyncClient(headers=headers, timeout=120, trust_env=False) as http:
        transport = streamable_http_client(url, http_client=http)
        name = Implementation(name="Scripted agent", version="1")
        async with Client(transport, mode=mode, client_info=name) as client:
            while line := await loop.run_in_executor(None, sys.stdin.readline):
                try:
                    said = await answer(client, json.loads(line))
                except MCPError as error:
                    said = {"protocol_error": {"code": error.code, "message": error.message}}
                print(json.dumps(said), flush=True)


asyncio.run(main())
