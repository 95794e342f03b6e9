package apidoc

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// surface is one surface's document.
type surface struct {
	name string
	raw  []byte
}

// tagGroup is one entry of x-tagGroups, by which ReDoc groups its menu.
type tagGroup struct {
	Name string   `json:"name"`
	Tags []string `json:"tags"`
}

// merging collects the parts of the document of all surfaces.
type merging struct {
	tags       []json.RawMessage
	groups     []tagGroup
	paths      object
	components object            // section to its components, which wait in sections
	sections   map[string]object // by section
}

// merge makes one document of the frame, which brings info and servers, and the
// surfaces, in the order given. Components, operation ids ("<surface>." in front)
// and tags ("<surface>: ") get the name of their surface, so that they cannot
// collide and a new surface renames nothing. Paths stay as they are: two alike
// are an error, and so is a part of a document that has no place in the result.
func merge(frame []byte, surfaces []surface) ([]byte, error) {
	var out object
	if err := json.Unmarshal(frame, &out); err != nil {
		return nil, fmt.Errorf("apidoc: frame: %w", err)
	}
	version, _ := out.get("openapi")

	m := merging{tags: []json.RawMessage{}, groups: []tagGroup{}, sections: map[string]object{}}
	for _, s := range surfaces {
		if err := m.add(s, string(version)); err != nil {
			return nil, fmt.Errorf("apidoc: surface %s: %w", s.name, err)
		}
	}
	for i, section := range m.components {
		raw, err := encode(m.sections[section.name])
		if err != nil {
			return nil, fmt.Errorf("apidoc: %w", err)
		}
		m.components[i].value = raw
	}
	for _, part := range []struct {
		name  string
		value any
	}{{"tags", m.tags}, {"x-tagGroups", m.groups}, {"paths", m.paths}, {"components", m.components}} {
		if err := out.add(part.name, part.value); err != nil {
			return nil, fmt.Errorf("apidoc: frame: %w", err)
		}
	}
	return encode(out)
}

var componentReference = regexp.MustCompile(`"#/components/([A-Za-z]+)/`)

func (m *merging) add(s surface, version string) error {
	raw := componentReference.ReplaceAll(s.raw, []byte(`"#/components/${1}/`+s.name+`.`))
	var document object
	if err := json.Unmarshal(raw, &document); err != nil {
		return err
	}
	for _, part := range document {
		var err error
		switch part.name {
		case "openapi":
			if string(part.value) != version {
				err = fmt.Errorf("is not %s", version)
			}
		case "info", "servers": // the frame has its own
		case "tags":
			err = m.addTags(s.name, part.value)
		case "paths":
			err = m.addPaths(s.name, part.value)
		case "components":
			err = m.addComponents(s.name, part.value)
		default:
			err = fmt.Errorf("cannot be merged")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func mergedTag(surface, tag string) string { return surface + ": " + tag }

func (m *merging) addTags(surface string, raw json.RawMessage) error {
	var tags []object
	if err := json.Unmarshal(raw, &tags); err != nil {
		return err
	}
	group := tagGroup{Name: surface}
	for _, tag := range tags {
		value, _ := tag.get("name")
		var name string
		if err := json.Unmarshal(value, &name); err != nil {
			return fmt.Errorf("name: %w", err)
		}
		err := tag.replace("name", mergedTag(surface, name))
		if err != nil {
			return err
		}
		if err := tag.add("x-displayName", name); err != nil {
			return err
		}
		merged, err := encode(tag)
		if err != nil {
			return err
		}
		m.tags = append(m.tags, merged)
		group.Tags = append(group.Tags, mergedTag(surface, name))
	}
	m.groups = append(m.groups, group)
	return nil
}

func (m *merging) addComponents(surface string, raw json.RawMessage) error {
	var sections object
	if err := json.Unmarshal(raw, &sections); err != nil {
		return err
	}
	for _, section := range sections {
		var components object
		if err := json.Unmarshal(section.value, &components); err != nil {
			return fmt.Errorf("%s: %w", section.name, err)
		}
		merged, seen := m.sections[section.name]
		if !seen {
			m.components = append(m.components, member{name: section.name})
		}
		for _, component := range components {
			if err := merged.add(surface+"."+component.name, component.value); err != nil {
				return fmt.Errorf("%s: %w", section.name, err)
			}
		}
		m.sections[section.name] = merged
	}
	return nil
}

func (m *merging) addPaths(surface string, raw json.RawMessage) error {
	var paths object
	if err := json.Unmarshal(raw, &paths); err != nil {
		return err
	}
	for _, path := range paths {
		var item object
		if err := json.Unmarshal(path.value, &item); err != nil {
			return fmt.Errorf("%s: %w", path.name, err)
		}
		for i, part := range item {
			switch part.name {
			case "get", "put", "post", "delete", "options", "head", "patch", "trace":
				operation, err := mergeOperation(surface, part.value)
				if err != nil {
					return fmt.Errorf("%s %s: %w", part.name, path.name, err)
				}
				item[i].value = operation
			}
		}
		if err := m.paths.add(path.name, item); err != nil {
			return err
		}
	}
	return nil
}

// mergeOperation is raw with the merged names of itself, its tags and its security schemes.
func mergeOperation(surface string, raw json.RawMessage) (json.RawMessage, error) {
	var operation object
	if err := json.Unmarshal(raw, &operation); err != nil {
		return nil, err
	}
	var facts struct {
		OperationID string   `json:"operationId"`
		Tags        []string `json:"tags"`
		Security    []object `json:"security"`
	}
	if err := json.Unmarshal(raw, &facts); err != nil {
		return nil, err
	}
	if err := operation.replace("operationId", surface+"."+facts.OperationID); err != nil {
		return nil, err
	}
	for i, tag := range facts.Tags {
		facts.Tags[i] = mergedTag(surface, tag)
	}
	if err := operation.replace("tags", facts.Tags); err != nil {
		return nil, err
	}
	for _, requirement := range facts.Security {
		for i := range requirement {
			requirement[i].name = surface + "." + requirement[i].name
		}
	}
	if err := operation.replace("security", facts.Security); err != nil {
		return nil, err
	}
	return encode(operation)
}
