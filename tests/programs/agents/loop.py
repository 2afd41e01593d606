"""An agent of the OpenAI Agents SDK, unmodified, that uses a tool until it has its answer.

stdin:  {"base_url", "key", "model", "api": "chat" | "responses", "stream"}
stdout: {"said", "ran": [[order, amount], …]} or {"error", "status", "code"}
"""

import asyncio
import json
import sys

import agents
import openai

RAN = []


@agents.function_tool
def refund(order: str, amount: float) -> str:
    """Refunds an order."""
    RAN.append([order, amount])
    return f"{amount} refunded for {order}"


async def run(told):
    agents.set_tracing_disabled(True)
    client = openai.AsyncOpenAI(base_url=told["base_url"], api_key=told["key"], timeout=60)
    models = {"chat": agents.OpenAIChatCompletionsModel, "responses": agents.OpenAIResponsesModel}
    model = models[told["api"]](told["model"], openai_client=client)
    agent = agents.Agent(name="Support", instructions="Refund what is asked.", tools=[refund], model=model)
    asked = "Refund order 4711."
    if not told["stream"]:
        return (await agents.Runner.run(agent, asked, max_turns=4)).final_output
    streamed = agents.Runner.run_streamed(agent, asked, max_turns=4)
    async for _ in streamed.stream_events():
        pass
    return streamed.final_output


def main():
    told = json.load(sys.stdin)
    try:
        print(json.dumps({"said": asyncio.run(run(told)), "ran": RAN}))
    except openai.APIStatusError as error:
        print(json.dumps({"error": str(error), "status": error.status_code, "code": error.code, "ran": RAN}))


main()
