package shapes

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
)

func TestEveryModelIsWhole(t *testing.T) {
	names, err := fs.Glob(files, "models/*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	kinds := []Kind{Text, Time, Number, Truth, Anything, Structure, Map, List}
	for _, name := range names {
		service := strings.TrimSuffix(strings.TrimPrefix(name, "models/"), ".json")
		m := of(service)
		known := func(shape string) {
			if _, ok := m.Shapes[shape]; !ok && !slices.Contains(kinds[:5], Kind(shape)) {
				t.Errorf("%s has no shape %s", service, shape)
			}
		}
		if !strings.HasPrefix(m.Source, "botocore ") || len(m.Outputs) == 0 {
			t.Errorf("%s is of %q and has %d outputs", service, m.Source, len(m.Outputs))
		}
		for _, output := range m.Outputs {
			known(output)
		}
		for name, s := range m.Shapes {
			for _, member := range s.Members {
				known(member)
			}
			if s.Kind == List || s.Kind == Map {
				known(s.Of)
			}
			if !slices.Contains(kinds, s.Kind) {
				t.Errorf("%s: %s is a %s", service, name, s.Kind)
			}
			for _, required := range s.Required {
				if s.Members[required] == "" {
					t.Errorf("%s: %s requires %s, which it does not have", service, name, required)
				}
			}
		}
	}
}
