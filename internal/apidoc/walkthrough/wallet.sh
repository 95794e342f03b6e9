### Purse runs as purse dev.
P=http://127.0.0.1:8000 N=$(date +%s) auth= key=
post() { curl -sS --fail-with-body -H "Authorization: $auth" -H "Idempotency-Key: $key" -H 'Content-Type: application/json' -d "$2" "$P$1"; echo; }
field() { grep -o "\"$1\": *\"[^\"]*" | head -1 | cut -d'"' -f4; }

### Join with the code in the mailbox, and sign in.
who="\"phone_number\": \"+77$N\", \"password\": \"correct horse battery\""
session=$(post /users/create/ "{\"email\": \"aigul$N@example.com\", $who}" | field session_id)
code=$(curl -sS "$P/dev/mail?to=aigul$N@example.com" | grep -o '"codes": *\["[^"]*' | head -1 | cut -d'"' -f4)
post /users/verify/ "{\"session_id\": \"$session\", \"code\": \"$code\"}"
auth="Bearer $(post /users/token/create/ "{$who}" | field access)"

### Open a wallet and put 100.50 into it. The second request has the key
### of the first, so it is answered alike and moves nothing. Then read the history.
id=$(post /users/wallets/create/ '{"name": "My wallet", "amount_currency": "KZT"}' | grep -o '"id": *[0-9]*' | grep -o '[0-9]*$')
key="deposit of $N"
post "/users/wallets/$id/deposit/" '{"amount": "100.50"}'
post "/users/wallets/$id/deposit/" '{"amount": "100.50"}'
curl -sS --fail-with-body -H "Authorization: $auth" "$P/users/wallets/$id/transactions/"; echo
