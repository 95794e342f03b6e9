### Purse runs as purse dev.
P=http://127.0.0.1:8000 N=$(date +%s) auth=
post() { curl -sS --fail-with-body -H "Authorization: $auth" -H 'Content-Type: application/json' -d "$2" "$P$1"; echo; }
sign_in() { post /api/user/login "{\"email\": \"$1$N@example.com\", \"password\": \"Vhtmxmaos123#\"}" | cut -d'"' -f4; }
id_in() { printf %s "$1" | cut -d. -f2 | tr _- /+ | base64 -d 2>/dev/null | grep -o '"sub":[0-9]*' | cut -d: -f2; }

### Two people register. The token of the one who receives says who that is.
for name in jae min; do
  post /api/user/register "{\"username\": \"$name\", \"email\": \"$name$N@example.com\", \"password\": \"Vhtmxmaos123#\"}"
done
jae=$(sign_in jae) && id=$(id_in "$jae")

### One sends a note with 5000, the other reads it.
auth="Bearer $(sign_in min)"
post "/api/user/$id/messages" '{"message": "새해 복 많이 받으세요!", "amount": 5000, "is_moneybag": false}'
curl -sS --fail-with-body -H "Authorization: Bearer $jae" "$P/api/user/$id/messages"; echo
