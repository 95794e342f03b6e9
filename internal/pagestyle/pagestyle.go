// Package pagestyle is the look that Purse's own pages share: colours for light
// and dark, type, panels, fields and buttons. A page links it from its own
// origin, with whatever it needs besides. It holds no page and imports nothing.
package pagestyle

import _ "embed"

// Base is the style sheet. The caller must not change it.
//
//go:embed base.css
var Base []byte
