package assembly

import (
	"fmt"
	"slices"
	"strings"
)

// Only leaves the stacks of these names, and those that they need. No names leave
// all.
func (a *Assembly) Only(names ...string) error {
	if len(names) == 0 {
		return nil
	}
	wanted := map[string]bool{} // by id
	var all []string
	for _, s := range a.Stacks {
		all = append(all, s.Name)
		wanted[s.ID] = slices.Contains(names, s.Name)
	}
	for _, name := range names {
		if !slices.Contains(all, name) {
			return fmt.Errorf("the assembly has no stack %s: it has %s", name, strings.Join(all, ", "))
		}
	}
	for _, s := range slices.Backward(a.Stacks) { // those that need come after those that are needed
		if wanted[s.ID] {
			for _, id := range s.Needs {
				wanted[id] = true
			}
		}
	}
	a.Stacks = slices.DeleteFunc(a.Stacks, func(s Stack) bool { return !wanted[s.ID] })
	return nil
}
