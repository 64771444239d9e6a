package ec2

// This file is the filters of the describing operations.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/tradepost-dev/tradepost/local/cloud"
)

// attributes are what filters can ask of an instance. The names of tags come
// after "tag:".
var attributes = map[string]func(*instance) []string{
	"availability-zone":   func(i *instance) []string { return []string{i.zone} },
	"image-id":            func(i *instance) []string { return []string{i.image} },
	"instance-id":         func(i *instance) []string { return []string{i.id} },
	"instance-state-code": func(i *instance) []string { return []string{strconv.Itoa(int(i.state))} },
	"instance-state-name": func(i *instance) []string { return []string{i.state.String()} },
	"instance-type":       func(i *instance) []string { return []string{i.kind} },
	"key-name":            func(i *instance) []string { return []string{i.key} },
	"private-ip-address":  func(i *instance) []string { return []string{i.address} },
	"subnet-id":           func(i *instance) []string { return []string{i.subnet} },
	"tag-key":             func(i *instance) []string { return i.tagged(func(t tag) (string, bool) { return t.Key, true }) },
	"vpc-id":              func(i *instance) []string { return []string{i.vpc} },
}

// tagged returns what of makes of the tags.
func (i *instance) tagged(of func(tag) (string, bool)) []string {
	var values []string
	for _, t := range i.tags {
		if value, ok := of(t); ok {
			values = append(values, value)
		}
	}
	return values
}

// compile returns whether an instance passes all filters: each with one of its
// values, in which * stands for any characters and ? for one.
func compile(filters []filter) (func(*instance) bool, error) {
	for _, f := range filters {
		if _, ok := attributes[f.Name]; !ok && !strings.HasPrefix(f.Name, "tag:") {
			return nil, cloud.Errorf(400, "InvalidParameterValue", "The filter '%s' is invalid", f.Name)
		}
	}
	return func(i *instance) bool {
		for _, f := range filters {
			if !f.passes(i) {
				return false
			}
		}
		return true
	}, nil
}

func (f filter) passes(i *instance) bool {
	of, ok := attributes[f.Name]
	if !ok {
		key := strings.TrimPrefix(f.Name, "tag:")
		of = func(i *instance) []string {
			return i.tagged(func(t tag) (string, bool) { return t.Value, t.Key == key })
		}
	}
	return slices.ContainsFunc(of(i), func(value string) bool {
		return slices.ContainsFunc(f.Values, func(pattern string) bool { return like(pattern, value) })
	})
}

// like matches a pattern of * and ?; a backslash takes its meaning from either.
func like(pattern, value string) bool {
	escaped := strings.NewReplacer("[", `\[`, "/", "\x00").Replace(pattern)
	matched, err := path.Match(escaped, strings.ReplaceAll(value, "/", "\x00"))
	return err == nil && matched
}
