package apidoc

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// object is a JSON object whose members keep their order, which is the order
// that readers of a document see. A name given twice is an error.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

func (o object) get(name string) (json.RawMessage, bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return nil, false
}

func (o *object) add(name string, value any) error {
	if _, taken := o.get(name); taken {
		return fmt.Errorf("%q is there twice", name)
	}
	raw, err := encode(value)
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	*o = append(*o, member{name, raw})
	return nil
}

// replace gives the member of that name another value; without one it does nothing.
func (o object) replace(name string, value any) error {
	for i := range o {
		if o[i].name != name {
			continue
		}
		raw, err := encode(value)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		o[i].value = raw
	}
	return nil
}

// UnmarshalJSON reads one level; the members' values stay raw.
func (o *object) UnmarshalJSON(raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	open, err := decoder.Token()
	if err != nil {
		return err
	}
	if open != json.Delim('{') {
		return fmt.Errorf("an object is wanted, not %v", open)
	}
	*o = nil
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		if err := o.add(name.(string), value); err != nil {
			return err
		}
	}
	return nil
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := encode(m.name)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(m.value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// encode is json.Marshal without the escapes that only HTML needs.
func encode(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
