package cfn

// This file asks whether what is to be done to a resource may be done.

// Verb is what is done to a resource.
type Verb int

const (
	Create Verb = iota
	Alter
	Delete
)

// Deed is what is about to be done to a resource.
type Deed struct {
	Resource
	Verb       Verb
	Properties map[string]any // that the resource is given, or has
	Handle     Handle         // not of Create
}

func (s *Stack) allow(verb Verb, i *instance, properties map[string]any) error {
	if s.Allow == nil {
		return nil
	}
	return s.Allow(Deed{i.Resource, verb, properties, i.handle})
}
