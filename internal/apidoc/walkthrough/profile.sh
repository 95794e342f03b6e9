### Purse runs as purse dev.
P=http://127.0.0.1:8000 N=$(date +%s) token=
post() { curl -sS --fail-with-body -H 'browser: curl 8' -H "Authorization: $token" -H 'Content-Type: application/json' -d "$2" "$P$1"; echo; }

### Register: the answer has the token, which goes bare into Authorization.
token=$(post /account/registration "{\"login\": \"danila$N\", \"password\": \"Voskresensk1\", \"email\": \"danila$N@example.com\",
  \"first_name\": \"Данила\", \"last_name\": \"Гинда\"}" | grep -o '[0-9a-f]\{64\}')

### Describe oneself, look at oneself, and be found by others.
post /account/edit/info '{"description": "Backend Developer from Voskresensk", "background_color": "#e209e5"}'
curl -sS --fail-with-body -H "Authorization: $token" "$P/account/me"; echo
curl -sS --fail-with-body "$P/info/users/search-danila$N"; echo
