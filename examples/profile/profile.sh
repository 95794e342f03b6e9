#!/bin/sh
# A personal account, from the shell: a login that is free, a description, a
# picture, and what others see of it. Needs curl.
set -eu
purse=${PURSE_URL:-http://127.0.0.1:8000}
login=danila$(date +%s)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ask METHOD PATH [JSON] sends a request with the token, once there is one.
token=
ask() {
	curl -sS --fail-with-body -X "$1" "$purse$2" -H 'browser: curl 8' ${token:+-H "Authorization: $token"} ${3:+-H 'Content-Type: application/json' -d "$3"}
	echo
}
# field NAME is a text in the JSON on standard input.
field() { grep -o "\"$1\": *\"[^\"]*" | head -1 | cut -d'"' -f4; }

echo "Is $login free?"
ask GET "/account/login/check?login=$login"

echo "Danila registers."
token=$(ask POST /account/registration "{\"login\": \"$login\", \"password\": \"Voskresensk1\", \"email\": \"$login@example.com\", \"first_name\": \"Данила\", \"last_name\": \"Гинда\"}" | field token)

echo "He describes himself."
ask POST /account/edit/info '{"birthday": "2005-04-07", "description": "Backend Developer from Voskresensk", "background_color": "#e209e5"}'

echo "He gives himself a picture: one blue dot."
echo iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYPgPAAEDAQAIicLsAAAAAElFTkSuQmCC | base64 -d >"$work/dot.png"
curl -sS --fail-with-body "$purse/account/avatar" -H "Authorization: $token" -F "avatar=@$work/dot.png;type=image/png"
echo

echo "Everybody can see it, as a picture of this type:"
picture=$(ask GET /account/me | field avatar)
curl -sS --fail-with-body -o "$work/shown" -w '%{content_type}\n' "$picture"

echo "Somebody who is not signed in finds him, without his e-mail address:"
token=
ask GET "/info/users/search-$login"
