#!/bin/sh
# Brings the browser packages that VERSIONS lists into this folder.
#
# To renew one: change its version in VERSIONS, run this script, run the tests
# of internal/apidoc, look at /docs and /redoc in a browser, commit everything.
# It needs npm, which checks what it downloads against its registry's digests.
#
# Scripts and style sheets are kept compressed (name.gz), as they are served.
# Source maps, references to them, and the bundles nobody loads are left out.
#
# ReDoc stays on 2.x on purpose: 3.x sends telemetry unless told otherwise.
# One change is made to it: the logo beside "API docs by Redocly", the only thing
# it would fetch from another host, becomes an empty image, which it then hides.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

files() {
	case $1 in
	swagger-ui-dist) echo "LICENSE NOTICE swagger-ui-bundle.js.LICENSE.txt swagger-ui-bundle.js swagger-ui.css" ;;
	redoc) echo "LICENSE bundles/redoc.standalone.js.LICENSE.txt bundles/redoc.standalone.js" ;;
	*) echo "update.sh: no list of files for $1" >&2; return 1 ;;
	esac
}

grep -v '^#' VERSIONS | while read -r package version licence; do
	mkdir "$work/$package"
	tarball=$(cd "$work" && npm pack --silent "$package@$version")
	tar -xzf "$work/$tarball" -C "$work/$package" --strip-components=1
	grep -q "\"license\": *\"$licence\"" "$work/$package/package.json"
	wanted=$(files "$package")
	rm -rf "./$package"
	mkdir "$package"
	for file in $wanted; do
		name=$(basename "$file")
		case $name in
		*.js | *.css)
			sed -e 's|https://cdn\.redoc\.ly/redoc/logo-mini\.svg|data:,|' -e 's|^/[/*]# sourceMappingURL=.*||' \
				"$work/$package/$file" | gzip -9n >"$package/$name.gz" ;;
		*)
			install -m 644 "$work/$package/$file" "$package/$name" ;;
		esac
	done
	echo "$package $version"
done
