package cfn

// This file finds what CloudFormation finds wrong with a template before it does
// anything with it.

import (
	"maps"
	"slices"
	"strings"
)

// Validate refuses what is not well formed, and references to what the template
// does not have.
func (t *Template) Validate() error {
	if err := t.wellFormed(); err != nil {
		return err
	}
	for _, section := range []string{"Resources", "Outputs"} {
		if missing := t.unresolved(section); len(missing) > 0 {
			return formatError("%s", unresolvedIn(section, missing))
		}
	}
	return nil
}

// unresolved are the names that a section refers to and that stand for nothing.
func (t *Template) unresolved(section string) []string {
	names := map[string]bool{}
	if section == "Resources" {
		for _, d := range t.Resources {
			maps.Copy(names, d.needs())
		}
	} else {
		for _, o := range t.Outputs {
			references(o.Value, names)
		}
	}
	return slices.Sorted(func(yield func(string) bool) {
		for name := range names {
			_, isParameter := t.Parameters[name]
			_, isResource := t.Resources[name]
			known := isParameter || isResource || strings.HasPrefix(name, "AWS::")
			if !known && !yield(name) {
				return
			}
		}
	})
}

// Resolves refuses references to resources that the conditions leave out, where they
// are not left out themselves.
func (s *Stack) Resolves() error {
	r := s.foresight()
	if r == nil {
		return nil
	}
	wanted := func(condition string) bool {
		holds, err := r.wanted(condition)
		return holds || err != nil // what it depends on may not exist yet
	}
	in, out := map[string]bool{}, map[string]bool{}
	for _, d := range s.Template.Resources {
		if wanted(d.Condition) {
			references(r.taken(d.Properties), in)
		}
	}
	for _, o := range s.Template.Outputs {
		if wanted(o.Condition) {
			references(r.taken(o.Value), out)
		}
	}
	for _, section := range []struct {
		name string
		refs map[string]bool
	}{{"Resources", in}, {"Outputs", out}} {
		var missing []string
		for name := range section.refs {
			if d, ok := s.Template.Resources[name]; ok && !wanted(d.Condition) {
				missing = append(missing, name)
			}
		}
		switch {
		case len(missing) > 0 && section.name == "Outputs": // which is no error of the format (recorded in June 2023)
			return refusal(unresolvedIn(section.name, missing))
		case len(missing) > 0:
			return formatError("%s", unresolvedIn(section.name, missing))
		}
	}
	return nil
}

func unresolvedIn(section string, missing []string) string {
	slices.Sort(missing)
	return "Unresolved resource dependencies [" + strings.Join(missing, ", ") + "] in the " + section + " block of the template"
}

// OtherTypes are the logical ids that stand for a resource of another type in
// another stack.
func (c *Created) OtherTypes(to *Stack) (ids []string) {
	for id, i := range c.live {
		if declared, ok := to.Template.Resources[id]; ok && declared.Type != i.Type {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
