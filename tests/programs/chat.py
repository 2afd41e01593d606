"""One chat completion through an unmodified `openai` SDK, told and answered in JSON.

argv[1]: {"base_url", "key", "model", "text", "stream", "tool", "further", "timeout"}
prints:  {"answer", "model", "chunks", "tool", "receipt", "practice", "error": {"class", "status", "code", "message"}}
"""

import json
import sys

import openai

TOOL = {
    "type": "function",
    "function": {
        "name": "refund",
        "description": "Refunds an order to the customer's card.",
        "parameters": {
            "type": "object",
            "properties": {"order": {"type": "string"}, "amount_cents": {"type": "integer"}},
            "required": ["order", "amount_cents"],
        },
    },
}


def ask(client, told):
    request = {"model": told["model"], "messages": [{"role": "user", "content": told["text"]}]}
    request |= told["further"]
    if told["tool"]:
        request["tools"] = [TOOL]
    raw = client.chat.completions.with_raw_response.create(stream=told["stream"], **request)
    result = {
        "receipt": raw.headers.get("countersign-receipt"),
        "practice": raw.headers.get("x-countersign-practice"),
        "chunks": 0,
    }
    answer = raw.parse()
    if not told["stream"]:
        message = answer.choices[0].message
        tool = message.tool_calls[0].function.name if message.tool_calls else None
        return result | {"answer": message.content, "model": answer.model, "tool": tool}
    text, model, tool = "", None, None
    for chunk in answer:
        result["chunks"] += 1
        model = chunk.model or model
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                tool = (call.function and call.function.name) or tool
    return result | {"answer": text, "model": model, "tool": tool}


def main():
    told = json.loads(sys.argv[1])
    client = openai.OpenAI(base_url=told["base_url"], api_key=told["key"], timeout=told["timeout"])
    try:
        result = ask(client, told)
    except openai.APIError as error:
        result = {
            "error": {
                "class": type(error).__name__,
                "status": getattr(error, "status_code", None),
                "code": error.code,
                "message": error.message,
            }
        }
    print(json.dumps(result))


main()
