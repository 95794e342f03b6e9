### Purse runs as PURSE_CARD_GRANT=100 purse dev, so that new cards have money.
P=http://127.0.0.1:8000 N=$(date +%s)
post() { curl -sS --fail-with-body -b jar -c jar -H 'Content-Type: application/json' -d "$2" "$P$1"; echo; }

### Register with the code in the mailbox. The answer sets the cookie.
who="\"email\": \"ana$N@example.com\", \"phone_number\": \"+7$N\", \"social_security\": \"${N#?}\""
post /auth/register "{$who}"
code=$(curl -sS "$P/dev/mail?to=ana$N@example.com" | grep -o '"codes": *\["[^"]*' | head -1 | cut -d'"' -f4)
post /auth/verify-email "{$who, \"verification_code\": \"$code\", \"password\": \"correct horse battery\",
  \"first_name\": \"Ana\", \"last_name\": \"Reyes\", \"date_of_birth\": \"1990-04-17\",
  \"address\": \"12 Harbour Street\", \"city\": \"Almaty\", \"state\": \"Almaty\", \"post_code\": \"050000\"}"

### Open two cards, send 12.50 from one to the other, and read the history.
a=$(post /card/create '{}' | grep -o '[0-9]\{16\}')
b=$(post /card/create '{}' | grep -o '[0-9]\{16\}')
post /card/transfer "{\"from_card_number\": \"$a\", \"to_card_number\": \"$b\", \"amount\": 12.50}"
post /card/history "{\"card_number\": \"$b\"}"
