package bench

import "context"

// holdings is what a person of the mixed day has beside cards.
type holdings struct{}

func (h *holdings) check(context.Context, *stage, *person) error { return nil }
