package cloud

// This file is the tags of resources, as most services have them.

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Tag is one of a resource's tags.
type Tag struct{ Key, Value string }

// MaxTags is how many tags a resource has at most.
const MaxTags = 50

// Fits tells whether a tag has a key of 1 to 128 characters, and a value of at most 256.
func (t Tag) Fits() bool {
	key := utf8.RuneCountInString(t.Key)
	return 1 <= key && key <= 128 && utf8.RuneCountInString(t.Value) <= 256
}

// WithTags returns tags with others set: in place of those with the same key, or at
// the end. It changes neither list.
func WithTags(tags, set []Tag) []Tag {
	all := slices.Clone(tags)
	for _, given := range set {
		if at := slices.IndexFunc(all, func(t Tag) bool { return t.Key == given.Key }); at >= 0 {
			all[at] = given
		} else {
			all = append(all, given)
		}
	}
	return all
}

// WithoutTags returns tags but for those of some keys. It leaves the list as it is.
func WithoutTags(tags []Tag, keys []string) []Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t Tag) bool { return slices.Contains(keys, t.Key) })
}

// SortedTags returns tags by their keys.
func SortedTags(tags []Tag) []Tag {
	return slices.SortedFunc(slices.Values(tags), func(a, b Tag) int { return strings.Compare(a.Key, b.Key) })
}

// RedeclaredTags returns tags as a template's update leaves them: with those that
// it declares now, without those that it declared before and does no more. Those
// that calls have set stay.
func RedeclaredTags(tags, before, after []Tag) []Tag {
	var declared []string
	for _, tag := range before {
		if !slices.ContainsFunc(after, func(t Tag) bool { return t.Key == tag.Key }) {
			declared = append(declared, tag.Key)
		}
	}
	return WithTags(WithoutTags(tags, declared), after)
}

// RedeclaredTagMap is RedeclaredTags of tags by their keys.
func RedeclaredTagMap(tags map[string]string, before, after []Tag) map[string]string {
	all := map[string]string{}
	maps.Copy(all, tags)
	for _, tag := range before {
		delete(all, tag.Key)
	}
	for _, tag := range after {
		all[tag.Key] = tag.Value
	}
	return all
}
