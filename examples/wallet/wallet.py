"""Two people with wallets in different currencies, and money sent from one to the
other. Python's standard library is all it needs."""

import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from decimal import Decimal

BASE = os.environ.get("PURSE_URL", "http://127.0.0.1:8000")
NUMBER = str(int(time.time() * 1000))[-9:]


class Refused(Exception):
    """What Purse answers when it says no: a status and a document."""

    def __init__(self, status, answer):
        super().__init__(f"{status} {json.dumps(answer, ensure_ascii=False)}")
        self.status = status


def ask(method, path, body=None, headers=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            raise Refused(error.code, json.load(error)) from None


class Person:
    """Somebody who has joined; signs in by phone, and again when the token ends."""

    def __init__(self, name, phone, password="correct horse battery"):
        self.name = name
        self.credentials = {"phone_number": phone, "password": password}
        email = f"{name.lower()}{NUMBER}@example.com"
        session = ask("POST", "/users/create/", {**self.credentials, "email": email})["session_id"]
        mails = ask("GET", "/dev/mail?to=" + urllib.parse.quote(email))  # what a person reads in their mail
        joined = ask("POST", "/users/verify/", {"session_id": session, "code": mails[0]["codes"][0]})
        print(f"{name}: {joined['message']}")
        self.sign_in()

    def sign_in(self):
        tokens = ask("POST", "/users/token/create/", self.credentials)
        self.access, self.refresh = tokens["access"], tokens["refresh"]

    def renew(self):
        tokens = ask("POST", "/users/token/refresh/", {"refresh": self.refresh})
        self.access, self.refresh = tokens["access"], tokens["refresh"]

    def call(self, method, path, body=None, key=None):
        for last in (False, True):
            headers = {"Authorization": "Bearer " + self.access}
            if key:
                headers["Idempotency-Key"] = key
            try:
                return ask(method, path, body, headers)
            except Refused as refused:
                if refused.status != 401 or last:
                    raise
                self.renew()

    def open_wallet(self, currency):
        wallet = self.call("POST", "/users/wallets/create/", {"name": f"{self.name}'s {currency}", "amount_currency": currency})
        print(f"{self.name} opens wallet {wallet['wallet_number']} in {currency}")
        return wallet

    def balance(self, wallet):
        return Decimal(self.call("GET", f"/users/wallets/{wallet['id']}/")["amount"])


ana = Person("Ana", "+7701" + NUMBER)
bek = Person("Bek", "+7702" + NUMBER)
tenge, dollars = ana.open_wallet("KZT"), bek.open_wallet("USD")

paid_in = ana.call("POST", f"/users/wallets/{tenge['id']}/deposit/", {"amount": "10000.00"}, key=str(uuid.uuid4()))
print(f"Ana puts in {paid_in['amount']} KZT and has {paid_in['balance']}")

# The server of an operator has the rates of a service; `purse dev` takes them from here.
ask("POST", "/dev/rates", {"base": "USD", "rates": {"KZT": "500", "EUR": "0.9"}})

# One key for one payment, however often it is sent: when no answer comes, send it again.
key = str(uuid.uuid4())
transfer = {"wallet_number": dollars["wallet_number"], "amount": "5000.00"}
first = ana.call("POST", f"/users/wallets/{tenge['id']}/transfer/", transfer, key)
again = ana.call("POST", f"/users/wallets/{tenge['id']}/transfer/", transfer, key)
assert first == again, "the money moved twice"
print(f"Ana sends {first['amount']} {first['amount_currency']}, Bek receives {first['received_amount']} {first['received_currency']} at {first['rate']}")

ana.access = "ended"  # as it will be after an hour: call renews it
print(f"Ana has {ana.balance(tenge)} KZT, Bek {bek.balance(dollars)} USD")

for line in ana.call("GET", f"/users/wallets/{tenge['id']}/transactions/"):
    print(f"  {line['operation_type']:<8} {line['amount']:>9} {line['amount_currency']}")

try:
    ana.call("POST", f"/users/wallets/{tenge['id']}/withdraw/", {"amount": "5000.01"})
except Refused as refused:
    print(f"More than she has: {refused}")
