### Purse runs as purse dev, where a bot need not sign. How it does is in docs/bots.md.
P=http://127.0.0.1:8000 chat=$(date +%s) auth=
post() { curl -sS --fail-with-body -H "Authorization: $auth" -H 'Content-Type: application/json' -d "$2" "$P$1"; echo; }

### Make the user of a chat, and ask for a token before each request.
post "/api/v1/auth/telegram/register?chat_id=$chat&username=john_doe&first_name=John" ''
auth="Bearer $(post /api/v1/auth/token/get "{\"chat_id\": $chat}" | grep -o 'eyJ[^"]*')"

### What the person has, and a code to link the chat to an account made on the web.
curl -sS --fail-with-body -H "Authorization: $auth" "$P/api/v1/accounts"; echo
post /api/v1/auth/telegram/start "{\"chat_id\": $chat}"
