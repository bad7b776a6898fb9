"""Record the requests that a Langflow backend makes, by the HTTP client it uses.

    python record.py > httpx-$VERSION.jsonl

Sends every payload of Langflow's telemetry with the installed httpx to a socket on
this machine, as Langflow's own service does (httpx.AsyncClient, GET, params), and
prints one JSON object a line: the request line as it came over the wire, and the
event name and the properties it stands for.
"""

import asyncio
import json
from datetime import datetime, timezone

import httpx

CLIENT = {"clientType": "oss"}
COMMON = {"langflow_version": "1.8.0", "platform": "python_package", "os": "linux"}
SENT = datetime(2026, 2, 24, 10, 0, 0, 123456, tzinfo=timezone.utc).isoformat()
SENT_ON_THE_SECOND = datetime(2026, 2, 24, 10, 0, 0, tzinfo=timezone.utc).isoformat()

VERSION = {
    "package": "langflow", "version": "1.8.0", "platform": "Linux-6.1.0-18-amd64-x86_64-with-glibc2.36", "python": "3.12",
    "arch": "64bit", "autoLogin": True, "cacheType": "async", "backendOnly": False,
}
LONG_ERROR = (
    "Error building Component Chat Input: \n\nTraceback (most recent call last):\n"
    + "".join(f'  File "/app/lib/module_{n}.py", line {n}, in run; a=1&b=2+3%20 "quoted" \u20ac\U0001f600\n' for n in range(120))
)[:10240]
INPUTS = {
    "a": "v 1", "b": True, "n": None, "l": [1, 2], "q": "it's", "d": {"x": 1.5, "y": (1,), "e": {}}, "t": "both ' and \"", "s": "",
    "back\\slash": "line\nbreak\ttab \x00 \xe9 \u20ac \U0001f600 \u202e", "number": "1.50", "big": 12345678901234567890, "small": 1e-07, "neg": -3,
}


def component_inputs(**more):
    return CLIENT | {"componentRunId": "0f5d3f3e-7c39-4a5c-9d37-2a4f6b1c8e11", "componentId": "Prompt-aB3dE", "componentName": "Prompt"} | more


def deployment(action, seconds, **more):
    return CLIENT | {"deploymentAction": action, "deploymentProvider": "watsonx", "deploymentSeconds": seconds, "deploymentSuccess": True} | more


# What Langflow sends: the path after the base URL, the payload, whether the common fields
# are added, and the time of sending.
SENDS = [
    ("", CLIENT | VERSION, False, SENT),
    ("", VERSION | {"desktop": False}, False, None),  # before clientType and timestamp
    ("", {"package": "lfx", "version": "0.3.0", "platform": "Darwin-24", "python": "3.13", "arch": "arm64", "clientType": "mcp"}, False, SENT),
    ("run", CLIENT | {"runIsWebhook": False, "runSeconds": 45, "runSuccess": True, "runErrorMessage": ""}, True, SENT),
    ("run", CLIENT | {"runIsWebhook": True, "runSeconds": 0, "runSuccess": False, "runErrorMessage": LONG_ERROR, "runId": "12345"}, True, SENT_ON_THE_SECOND),
    ("run", CLIENT | {"runSeconds": -1, "runSuccess": True}, True, SENT),
    ("run", {"runIsWebhook": False, "runSeconds": 9223372036854775807, "runSuccess": True, "runErrorMessage": "0"}, False, None),
    ("shutdown", CLIENT | {"timeRunning": 176400}, True, SENT),
    ("playground", CLIENT | {"playgroundSeconds": 3, "playgroundComponentCount": 7, "playgroundSuccess": True, "playgroundErrorMessage": "", "playgroundRunId": "007"}, True, SENT),
    ("playground", CLIENT | {"playgroundSeconds": 0, "playgroundComponentCount": 0, "playgroundSuccess": False, "playgroundErrorMessage": "a;b;c"}, True, SENT),
    ("component", CLIENT | {"componentName": "ChatInput", "componentId": "ChatInput-aB3dE", "componentSeconds": 0, "componentSuccess": True, "componentRunId": "1e10"}, True, SENT),
    ("component", {"componentName": "1", "componentSeconds": 12, "componentSuccess": False, "componentErrorMessage": "true"}, True, SENT),
    ("component_inputs", component_inputs(componentInputs=INPUTS), True, SENT),
    ("component_inputs", component_inputs(componentInputs={}), True, SENT),
    ("component_inputs", component_inputs(componentInputs={"text": "x" * 1900 + "...[truncated]"}, chunkIndex=0, totalChunks=1), True, SENT),
    ("exception", CLIENT | {"exceptionType": "ValueError", "exceptionMessage": "bad value: 50% of 'a' + \"b\" & c=d #1 ~/x", "exceptionContext": "handler", "stackTraceHash": "1234567890123456"}, True, SENT),
    ("component_index", CLIENT | {"indexSource": "builtin", "numModules": 61, "numComponents": 344, "devMode": False, "filteredModules": "a,b,c", "loadTimeMs": 812}, True, SENT),
    ("email", CLIENT | {"email": "someone+langflow@example.com"}, True, SENT),
    ("deployment", deployment("deployment.create", 1.5, deploymentErrorMessage=""), True, SENT),
    ("deployment_provider", deployment("provider.create", 1e-07, wxoTenantId="00012"), True, SENT),
    ("deployment_run", deployment("deployment.run", 12.0, deploymentErrorMessage="no\nroom"), True, SENT),
    ("mcp_tool", {"clientType": "mcp", "tool": "search", "success": True, "seconds": 2, "error": ""}, True, SENT),
    ("integration_action", CLIENT | {"provider": "google", "capability": "read", "ms": 12, "success": False, "errorCode": "429", "ownerKind": "user", "principalKind": "user"}, True, SENT),
    ("custom_event", CLIENT | {"eventName": "1", "eventDuration": "2", "eventSuccess": "true", "tags": ["a b", "c"]}, True, SENT),  # the wire has no types
]

# The chunks that Langflow cuts large inputs into; they come one after the other.
CHUNKS = [
    component_inputs(componentInputs={"first": "1" * 1500, "flag": True}, chunkIndex=0, totalChunks=3),
    component_inputs(componentInputs={"second": "2" * 1600}, chunkIndex=1, totalChunks=3),
    component_inputs(componentInputs={"third": "3" * 40, "list": [1, "a"]}, chunkIndex=2, totalChunks=3),
]

# What LANGFLOW_TELEMETRY_BASE_URL may end in. The service joins base and path by a slash.
BASES = ["/langflow", "/langflow/", "//langflow//"]


async def record():
    lines = asyncio.Queue()

    async def answer(reader, writer):
        while line := await reader.readline():
            await lines.put(line.decode("ascii").rstrip("\r\n"))
            while (await reader.readline()).strip():
                pass
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=1 << 20)
    host = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]

    async def send(client, base, path, payload, common, sent):
        params = dict(payload)
        if common:
            params |= COMMON
        if sent:
            params["timestamp"] = sent
        url = f"{host}{base}/{path}" if path else f"{host}{base}"
        await client.get(url, params=params)
        properties = {k: v for k, v in params.items() if v is not None}
        print(json.dumps({"line": await lines.get(), "event": path or "version", "time": sent, "properties": properties}))

    async with httpx.AsyncClient(timeout=10.0) as client:
        for base in BASES:
            for path, payload, common, sent in SENDS if base == BASES[0] else SENDS[:4:3]:
                await send(client, base, path, payload, common, sent)
        for chunk in CHUNKS:
            await send(client, BASES[0], "component_inputs", chunk, True, SENT)
    await asyncio.sleep(0.1)  # for the connection to end
    server.close()


asyncio.run(record())
