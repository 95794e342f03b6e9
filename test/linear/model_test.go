package linear

import (
	"fmt"

	"github.com/anishathalye/porcupine"
)

const (
	size    = 3   // accounts in a group; calls never leave their group
	initial = 100 // cents on each account
)

// balances are those of one group, in cents.
type balances [size]int64

// posting moves cents within a group, by the accounts' places there.
type posting struct {
	from, to int
	cents    int64
}

// call is what a caller asks: to move money, or with no postings to look at
// all balances of a group at once.
type call struct {
	group    int
	postings []posting
}

// answer is what the caller got.
type answer struct {
	refused bool
	known   [size]bool // whose balances the answer tells
	after   balances
}

// model is the book as one person with a pencil would keep it: one call after
// another, a transfer refused whole when any posting would overdraw.
var model = porcupine.Model{
	Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
		var groups [][]porcupine.Operation
		for _, o := range history {
			g := o.Input.(call).group
			for len(groups) <= g {
				groups = append(groups, nil)
			}
			groups[g] = append(groups[g], o)
		}
		return groups
	},
	Init: func() any { return balances{initial, initial, initial} },
	Step: func(state, input, output any) (bool, any) {
		return step(state.(balances), input.(call), output.(answer))
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%v → %v", input.(call).postings, output) },
}

func step(before balances, c call, a answer) (legal bool, after balances) {
	after = before
	for _, p := range c.postings {
		if after[p.from] < p.cents {
			return a.refused, before
		}
		after[p.from] -= p.cents
		after[p.to] += p.cents
	}
	for i, known := range a.known {
		if known && a.after[i] != after[i] {
			return false, before
		}
	}
	return !a.refused, after
}
