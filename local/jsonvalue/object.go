// Package jsonvalue holds JSON documents as users wrote them: the members of an object keep their order, and
// a number keeps its text. Whatever hands users' data on goes by it. What it hands on untouched it hands on as
// the text that it got.
//
// A value is nil, bool, string, float64, Number, []any or *Object. One that was given away is never changed:
// values are shared between goroutines, and results share structure with what they were made of.
//
// This file holds objects.
package jsonvalue

import (
	"iter"
	"maps"
	"slices"
)

// indexed is the number of members from which on a map finds them faster than a look at each.
const indexed = 12

// An Object has members, in order. A nil Object has none.
type Object struct {
	members []member
	index   map[string]int // from names to members; nil for small objects
}

type member struct {
	name  string
	value any
}

// NewObject makes an object without members, and with room for some.
func NewObject(capacity int) *Object {
	return &Object{members: make([]member, 0, capacity)}
}

// Get returns the member of a name.
func (o *Object) Get(name string) (value any, ok bool) {
	if i := o.find(name); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

// Has tells whether there is a member of a name.
func (o *Object) Has(name string) bool { return o.find(name) >= 0 }

func (o *Object) find(name string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].name == name {
			return i
		}
	}
	return -1
}

// Set gives a member a value: one that is there stays in its place, another one comes last. It is for an
// object that is being built, before anybody else has it. It returns the object.
func (o *Object) Set(name string, value any) *Object {
	if i := o.find(name); i >= 0 {
		o.members[i].value = value
		return o
	}
	o.members = append(o.members, member{name, value})
	if o.index != nil {
		o.index[name] = len(o.members) - 1
	} else if len(o.members) > indexed {
		o.index = indexOf(o.members)
	}
	return o
}

// Delete takes a member away. Like Set, it is for an object that is being built.
func (o *Object) Delete(name string) {
	i := o.find(name)
	if i < 0 {
		return
	}
	o.members = slices.Delete(o.members, i, i+1)
	if o.index != nil {
		o.index = indexOf(o.members)
	}
}

func indexOf(members []member) map[string]int {
	index := make(map[string]int, len(members))
	for i := range members {
		index[members[i].name] = i
	}
	return index
}

// Len is the number of members.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// All yields the members in order.
func (o *Object) All() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if o == nil {
			return
		}
		for i := range o.members {
			if !yield(o.members[i].name, o.members[i].value) {
				return
			}
		}
	}
}

// Names yields the members' names in order.
func (o *Object) Names() iter.Seq[string] {
	return func(yield func(string) bool) {
		for name := range o.All() {
			if !yield(name) {
				return
			}
		}
	}
}

// Clone makes another object of the same members, which may be set.
func (o *Object) Clone() *Object {
	if o == nil {
		return NewObject(0)
	}
	members := make([]member, len(o.members), len(o.members)+1) // most are cloned to set one more
	copy(members, o.members)
	return &Object{members: members, index: maps.Clone(o.index)}
}
