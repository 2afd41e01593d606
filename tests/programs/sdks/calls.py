"""Calls through unmodified SDKs, all at once, each told and answered in JSON.

stdin:  {"sdk": "openai" | "anthropic", "base_url", "key", "timeout", "calls": [{"id", "model", "stream"}]}
stdout: a line for each call as it ends: {"id", "answer", "error": {"class", "status", "code", "message"}}
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed


class OpenAi:
    def __init__(self, told):
        import openai

        self.error = openai.APIError
        self.client = openai.OpenAI(base_url=told["base_url"], api_key=told["key"], timeout=told["timeout"])

    def ask(self, model, stream):
        messages = [{"role": "user", "content": "Say something."}]
        answer = self.client.chat.completions.create(model=model, messages=messages, stream=stream)
        if not stream:
            return answer.choices[0].message.content
        return "".join(choice.delta.content or "" for chunk in answer for choice in chunk.choices)

    @staticmethod
    def code(error):
        return error.code


class Anthropic:
    def __init__(self, told):
        import anthropic

        self.error = anthropic.APIError
        self.client = anthropic.Anthropic(
            base_url=told["base_url"].removesuffix("/v1"), api_key=told["key"], timeout=told["timeout"]
        )

    def ask(self, model, stream):
        messages = [{"role": "user", "content": "Say something."}]
        asked = {"model": model, "messages": messages, "max_tokens": 64}
        if not stream:
            return "".join(block.text for block in self.client.messages.create(**asked).content)
        text = ""
        for event in self.client.messages.create(stream=True, **asked):
            if event.type == "content_block_delta":
                text += event.delta.text
        return text

    @staticmethod
    def code(error):
        body = error.body if isinstance(error.body, dict) else {}
        return (body.get("error") or {}).get("code")


def end(sdk, call):
    try:
        return {"id": call["id"], "answer": sdk.ask(call["model"], call["stream"])}
    except sdk.error as error:
        status = getattr(error, "status_code", None)
        told = {"class": type(error).__name__, "status": status, "code": sdk.code(error), "message": str(error)}
        return {"id": call["id"], "error": told}
    except Exception as error:  # not one of the SDK's own: that is what the tests look for
        told = {"class": f"{type(error).__module__}.{type(error).__name__}", "message": str(error)}
        return {"id": call["id"], "error": told}


def main():
    told = json.load(sys.stdin)
    sdk = {"openai": OpenAi, "anthropic": Anthropic}[told["sdk"]](told)
    with ThreadPoolExecutor(len(told["calls"])) as pool:
        for ended in as_completed([pool.submit(end, sdk, call) for call in told["calls"]]):
            print(json.dumps(ended.result()), flush=True)


main()
