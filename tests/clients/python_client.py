"""The official Python client against a running server, in both eras.

Environment: SECURE_MCP_URL, SECURE_MCP_CA, SECURE_MCP_TOKEN_ANA, SECURE_MCP_TOKEN_DEV.
Prints one line for each check and, at the end, `N passed, N failed`.
"""

import asyncio
import os
import ssl
import sys

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

URL = os.environ["SECURE_MCP_URL"]
CA = os.environ["SECURE_MCP_CA"]
results = {"passed": 0, "failed": 0}


def check(name, holds, seen=None):
    results["passed" if holds else "failed"] += 1
    print(("ok      " if holds else "FAILED  ") + name + ("" if holds else f": {seen!r}"))


def http(person):
    token = os.environ[f"SECURE_MCP_TOKEN_{person.upper()}"]
    context = ssl.create_default_context(cafile=CA)
    return httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}, verify=context, trust_env=False, timeout=60)


def meta(result, key):
    return (result.meta or {}).get(key, {})


async def error_of(call):
    try:
        await call
    except MCPError as error:
        return (error.error.code, error.error.message, error.error.data)
    return None


async def analyst(mode):
    async with http("ana") as client_http:
        async with Client(streamable_http_client(URL, http_client=client_http), mode=mode) as client:
            name = f"python {mode}, ana"
            tools = {tool.name for tool in (await client.list_tools()).tools}
            check(f"{name}: lists what she may call", tools == {"database-query", "echo"}, tools)
            arguments = {"resource": "customer_database", "sql": "SELECT name, email, birth_date FROM customers ORDER BY id LIMIT 3"}
            result = await client.call_tool("database-query", arguments)
            rows = result.structured_content["rows"]
            masked = all("***" in row[1] and len(row[2]) == 4 for row in rows)
            check(f"{name}: a masked column is masked", not result.is_error and len(rows) == 3 and masked, rows)
            check(f"{name}: the decision is said", meta(result, "secure-mcp/call").get("decision") == "allow", result.meta)
            denied = await client.call_tool("database-query", {"resource": "customer_database", "sql": "SELECT * FROM salaries"})
            code = meta(denied, "secure-mcp/refusal").get("code")
            check(f"{name}: a forbidden table is a readable refusal", denied.is_error and code == "denied", denied)
            forbidden = await error_of(client.call_tool("python-runner", {"code": "print(1)"}))
            unknown = await error_of(client.call_tool("python-walker", {"code": "print(1)"}))
            check(f"{name}: forbidden and unknown are the same error", forbidden == unknown and forbidden[0] == -32602, (forbidden, unknown))


async def developer(mode):
    async with http("dev") as client_http:
        async with Client(streamable_http_client(URL, http_client=client_http), mode=mode) as client:
            name = f"python {mode}, dev"
            tools = {tool.name for tool in (await client.list_tools()).tools}
            check(f"{name}: lists the code tools", {"python-runner", "code-executor"} <= tools, tools)
            result = await client.call_tool("python-runner", {"code": "print(6 * 7)"})
            check(f"{name}: python-runner runs", result.structured_content.get("stdout") == "42\n", result)
            result = await client.call_tool("code-executor", {"language": "bash", "code": "echo $((6 * 7))"})
            check(f"{name}: code-executor runs", result.structured_content.get("stdout") == "42\n", result)
            result = await client.call_tool("database-query", {"resource": "metrics_db", "sql": "SELECT count(*) FROM performance_metrics"})
            check(f"{name}: metrics are readable", not result.is_error and result.structured_content["rows"][0][0] > 0, result)
            pending = await client.call_tool("python-runner", {"code": f"print('{mode}')", "timeout_ms": 60000})
            refusal = meta(pending, "secure-mcp/refusal")
            readable = pending.is_error and "approv" in pending.content[0].text
            check(f"{name}: a pending approval is readable", readable and refusal.get("code") == "approval_pending", pending)


async def main():
    for mode in ("legacy", "auto"):
        await analyst(mode)
        await developer(mode)
    print(f"{results['passed']} passed, {results['failed']} failed")
    return 1 if results["failed"] or not results["passed"] else 0


sys.exit(asyncio.run(main()))
