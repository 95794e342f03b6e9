package bind

import (
	"iter"
	"strconv"
)

// MaxListed is after how many violations the objects of a list are not looked
// into any more: a body of 1 MiB can hold a hundred thousand.
const MaxListed = 100

// List is a list of objects in the body.
type List struct {
	in     *Input
	name   string
	at     int     // where its first object begins
	length int     // 0 when something is wrong with the list
	starts []int32 // of the objects that were read
}

// Objects is a required list of one to most objects.
func (in *Input) Objects(name string, most int) *List {
	l := &List{in: in, name: name}
	v, found := in.require(name)
	if !found {
		return l
	}
	n := in.document.nodes[v.index]
	switch length := int(n.length); {
	case v.kind != isArray:
		v.violate(NotList, 0, "", nil)
	case length == 0:
		v.violate(NoItems, 1, "", nil)
	case length > most:
		v.violate(TooMany, most, strconv.Itoa(length), nil)
	default:
		l.at, l.length, l.starts = int(n.start)+1, length, make([]int32, 0, length)
	}
	return l
}

// Len is how many objects there are; none when something is wrong with the list.
func (l *List) Len() int { return l.length }

// All gives the objects and their indexes. Each is to be read before the next is
// asked for. One that is no object is a violation and left out, and so is the rest
// once MaxListed violations were found in the input, which are all that it keeps.
func (l *List) All() iter.Seq2[int, *Source] {
	return func(yield func(int, *Source) bool) {
		r := reader{text: l.in.document.text, at: l.at}
		source := Source{in: l.in, location: Body, list: l.name}
		for i := range l.length {
			if len(l.in.violations) >= MaxListed {
				l.in.violations = l.in.violations[:MaxListed]
				return
			}
			source.index, source.object = i, l.next(&r)
			if source.object.nodes[0].kind != isObject {
				l.in.violations = append(l.in.violations, Violation{In: Body, List: l.name, Index: i, Kind: NotObject, Input: source.object.raw(0)})
				continue
			}
			if !yield(i, &source) {
				return
			}
		}
	}
}

// next reads an element of the list, which has been checked with the body.
func (l *List) next(r *reader) document {
	r.space()
	l.starts = append(l.starts, int32(r.at)) // #nosec G115 -- a body has at most 1 MiB
	r.nodes = r.nodes[:0]
	r.value(0)
	r.space()
	r.at++ // over the comma or the bracket
	return document{r.text, r.nodes}
}

// Explain turns a domain's error about an object that All has given into its
// violations, as Input.Explain does for the body.
func (l *List) Explain(index int, err error) Violations {
	r := reader{text: l.in.document.text, at: int(l.starts[index])}
	r.value(0)
	violations := explain(&document{r.text, r.nodes}, err)
	for i := range violations {
		violations[i].List, violations[i].Index = l.name, index
	}
	return violations
}
