"""A Telegram finance bot with nothing but Python's standard library.

It does what a bot on top of the documented API does: it registers its chat,
asks for a token before each request, and asks once more when a token is no
longer good. Usage: bot.py BASE_URL CHAT_ID
"""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request


class Bot:
    def __init__(self, base_url):
        self.base_url = base_url
        self.asked = 0

    def send(self, method, path, params=None, body=None, token=None):
        """Sends one request and returns its status and its answer."""
        url = self.base_url + path
        if params is not None:
            url += "?" + urllib.parse.urlencode(params)
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = "Bearer " + token
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def register(self, chat_id, username, first_name):
        params = {"chat_id": chat_id, "username": username, "first_name": first_name}
        return self.send("POST", "/api/v1/auth/telegram/register", params=params)

    def token(self, chat_id):
        self.asked += 1
        status, answer = self.send("POST", "/api/v1/auth/token/get", body={"chat_id": chat_id})
        if status != 200:
            raise RuntimeError(answer["detail"])
        return answer["access_token"]

    def call(self, method, path, chat_id, token=None, body=None):
        """Calls as the chat's user; a token that is no longer good is replaced once."""
        status, answer = self.send(method, path, body=body, token=token or self.token(chat_id))
        if status == 401:
            status, answer = self.send(method, path, body=body, token=self.token(chat_id))
        return status, answer


def main():
    bot, chat = Bot(sys.argv[1]), int(sys.argv[2])
    report = {}
    try:
        bot.token(chat)
    except RuntimeError as error:
        report["unknown"] = str(error)
    report["first"] = bot.register(chat, "john_doe", "Jöhn & Søn")[1]["created"]
    report["second"] = bot.register(chat, "john_doe", "Jöhn & Søn")[1]["created"]
    report["accounts"] = bot.call("GET", "/api/v1/accounts", chat)
    old = bot.token(chat)
    report["logout"] = bot.call("POST", "/api/v1/auth/logout", chat)
    report["again"] = bot.call("GET", "/api/v1/accounts", chat, token=old)
    report["asked"] = bot.asked
    print(json.dumps(report))


main()
