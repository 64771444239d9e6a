package apigateway

// PATCH: what updates may change, and how.

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// patch is one operation of a PATCH request.
type patch struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value string `json:"value"`
	From  string `json:"from"`
}

// patches are the operations that a resource knows: "replace /name".
type patches map[string]func(value string) error

// apply performs the operations of a request in their order.
func (p patches) apply(operations []patch) error {
	for _, o := range operations {
		do := p[o.Op+" "+o.Path]
		if do == nil {
			return p.refuse(o)
		}
		if err := do(o.Value); err != nil {
			return err
		}
	}
	return nil
}

func (p patches) refuse(o patch) error {
	paths := p.paths()
	if paths[o.Op] == nil {
		return badRequest("Invalid patch operation specified. Must be one of: [%s]", strings.Join(slices.Sorted(maps.Keys(paths)), ", "))
	}
	return invalidPath(o, paths[o.Op])
}

// paths are those of each operation that is known.
func (p patches) paths() map[string][]string {
	paths := map[string][]string{}
	for _, known := range slices.Sorted(maps.Keys(p)) {
		op, path, _ := strings.Cut(known, " ")
		paths[op] = append(paths[op], path)
	}
	return paths
}

// inOrder are paths in the order in which AWS names them (recorded in 2025); those of
// others it is not known of, and they go by name.
var inOrder = [][]string{
	{"/name", "/validateRequestParameters", "/validateRequestBody"},
	{"/description", "/enabled", "/name", "/customerId"},
}

func invalidPath(o patch, valid []string) error {
	for _, order := range inOrder {
		if slices.Equal(slices.Sorted(slices.Values(order)), valid) {
			valid = order
		}
	}
	return badRequest("Invalid patch path  '%s' specified for op '%s'. Must be one of: [%s]", o.Path, o.Op, strings.Join(valid, ", "))
}

// text makes the value of a patch a member's.
func text(member *string) func(value string) error {
	return func(value string) error { *member = value; return nil }
}

// integer is text for a number that need not be there.
func integer(member **int64) func(value string) error {
	return func(value string) error {
		var parsed int
		if err := whole(value, &parsed); err != nil {
			return err
		}
		*member = new(int64(parsed))
		return nil
	}
}

// boolean reads the value of a patch.
func boolean(value string, set *bool) error {
	parsed, err := strconv.ParseBool(strings.ToLower(value))
	if err != nil {
		return badRequest("Invalid boolean value '%s' specified", value)
	}
	*set = parsed
	return nil
}

// members is a map or a list that a PATCH changes by the names of its members:
// "/requestTemplates/application~1json".
type members func(op, name, value string) error

// document is what a PATCH may change of a part of an API.
type document struct {
	of string // the input of the action: "updateMethodInput"
	patches
	under map[string]members // by "/requestTemplates"
	named bool               // refusals tell what there is to change

	replaced bool // refusals tell that a member can only be replaced
}

// apply performs the operations of a request in their order. A part of an API
// tells less of what is wrong than other resources do.
func (d document) apply(operations []patch) error {
	var wrong violations
	if wrong.patches(d.of, operations); wrong != nil {
		return wrong.err()
	}
	for _, o := range operations {
		if err := d.applyOne(o); err != nil {
			return err
		}
	}
	return nil
}

func (d document) applyOne(o patch) error {
	if do := d.patches[o.Op+" "+o.Path]; do != nil {
		return do(o.Value)
	}
	list, name, ok := strings.Cut(strings.TrimPrefix(o.Path, "/"), "/")
	if member := d.under["/"+list]; member != nil && ok && !strings.Contains(name, "/") {
		return member(o.Op, strings.NewReplacer("~1", "/", "~0", "~").Replace(name), o.Value)
	}
	switch {
	case d.replaced && d.patches["replace "+o.Path] != nil:
		return badRequest("Invalid patch operation specified. Must be one of: [replace]")
	case !d.named:
		return badRequest("Invalid patch path %s", cmp.Or(o.Path, "null"))
	}
	if valid := d.paths()[o.Op]; valid != nil {
		return invalidPath(o, valid)
	}
	return badRequest("Invalid patch path  '%s' specified for op '%s'. Please choose supported operations", o.Path, o.Op)
}

// saysTrue sets a member by the value of a patch: whatever does not say true is false.
func saysTrue(member *bool) func(value string) error {
	return func(value string) error { *member = strings.EqualFold(value, "true"); return nil }
}

// textsOf are the members of a map, which is not changed itself: another one takes
// its place. lost is the error of a member that there is not.
func textsOf(set *map[string]string, lost string) members {
	return func(op, name, value string) error {
		return change(set, lost, op, name, value)
	}
}

// flags is textsOf for true and false.
func flags(set *map[string]bool, lost string) members {
	return func(op, name, value string) error {
		return change(set, lost, op, name, strings.EqualFold(value, "true"))
	}
}

func change[V any](set *map[string]V, lost, op, name string, value V) error {
	changed := maps.Clone(*set)
	if changed == nil {
		changed = map[string]V{}
	}
	_, there := changed[name]
	switch {
	case op == "add" || op == "replace" && there:
		changed[name] = value
	case op == "remove" && there:
		delete(changed, name)
		if len(changed) == 0 {
			changed = nil // and is not told
		}
	case op == "replace" || op == "remove":
		return notFound("%s", lost)
	default:
		return badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
	}
	*set = changed
	return nil
}

// listed are the elements of a list, which are replaced by their names.
func listed(set *[]string) members {
	return func(op, name, value string) error {
		changed := slices.DeleteFunc(slices.Clone(*set), func(element string) bool { return element == name })
		switch op {
		case "add":
			changed = append(changed, name)
		case "replace":
			changed = append(changed, value)
		case "remove":
		default:
			return badRequest("Invalid patch operation specified. Must be 'add'|'remove'|'replace'")
		}
		*set = changed
		return nil
	}
}
