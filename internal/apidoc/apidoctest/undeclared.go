package apidoctest

import (
	"fmt"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"
)

// undeclared is the places in value that schema does not name. JSON Schema lets
// such fields pass, rightly so for clients; a test of our own server must not.
// A schema that names no fields at all leaves its value free.
func undeclared(schema *openapi3.SchemaRef, value any, at string) []string {
	var places []string
	switch value := value.(type) {
	case map[string]any:
		fields := map[string][]*openapi3.SchemaRef{}
		collectFields(schema, fields)
		if len(fields) == 0 {
			return nil
		}
		for name, inner := range value {
			declarations, named := fields[name]
			if !named {
				places = append(places, at+"/"+name)
				continue
			}
			places = append(places, leastUndeclared(declarations, inner, at+"/"+name)...)
		}
	case []any:
		var items []*openapi3.SchemaRef
		for _, alternative := range alternatives(schema) {
			if alternative.Value.Items != nil {
				items = append(items, alternative.Value.Items)
			}
		}
		for i, inner := range value {
			places = append(places, leastUndeclared(items, inner, fmt.Sprintf("%s/%d", at, i))...)
		}
	}
	slices.Sort(places)
	return places
}

// leastUndeclared is what the best fitting declaration leaves over.
func leastUndeclared(declarations []*openapi3.SchemaRef, value any, at string) []string {
	var least []string
	for i, declaration := range declarations {
		if places := undeclared(declaration, value, at); i == 0 || len(places) < len(least) {
			least = places
		}
	}
	return least
}

func collectFields(schema *openapi3.SchemaRef, fields map[string][]*openapi3.SchemaRef) {
	for _, alternative := range alternatives(schema) {
		for name, declaration := range alternative.Value.Properties {
			fields[name] = append(fields[name], declaration)
		}
	}
}

// alternatives is schema and all that allOf, anyOf and oneOf put beside it.
func alternatives(schema *openapi3.SchemaRef) []*openapi3.SchemaRef {
	all := []*openapi3.SchemaRef{schema}
	for _, beside := range slices.Concat(schema.Value.AllOf, schema.Value.AnyOf, schema.Value.OneOf) {
		all = append(all, alternatives(beside)...)
	}
	return all
}
